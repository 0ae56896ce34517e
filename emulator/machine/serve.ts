import { type BuildTarget, DebuggedMachine } from './debugged-machine.ts';
import type { MachineEvent } from './machine.ts';
import type { MachineReply, MachineRequest, WorkerStart } from './messages.ts';
import { StepServer } from './step-line.ts';
import { serveSteps } from './step-service.ts';

/** The worker's end of the line. */
export interface Port {
  postMessage(message: MachineReply): void;
  onMessage(listener: (message: MachineRequest) => void): void;
}

/** Console bytes that may be under way before a flooding guest has to wait. */
const CONSOLE_WINDOW = 1 << 20;

/** Answers requests with a machine of its own until the port closes. */
export function serve(port: Port, start: WorkerStart, build: BuildTarget): void {
  let underWay = 0;
  let wake: (() => void) | undefined;
  const ready = (): Promise<void> | undefined =>
    underWay > CONSOLE_WINDOW
      ? new Promise((resolve) => {
          wake = resolve;
        })
      : undefined;
  const machine = new DebuggedMachine(build, new Int32Array(start.pauseFlag), ready);
  const tell = (event: MachineEvent): void => {
    if (event.type === 'console') underWay += event.bytes.length;
    port.postMessage(event.type === 'stopped' ? { type: 'event', event, view: machine.view(event.vcpu) } : { type: 'event', event });
  };
  const line = new StepServer(start.stepLine);
  const steps = serveSteps(line, machine, tell);
  const standBySoon = (): void => {
    setImmediate(() => {
      if (machine.stands) steps.standBy();
    });
  };
  machine.onEvent((event) => {
    if (steps.takes(event)) return;
    tell(event);
    if (event.type === 'stopped') standBySoon();
  });
  port.onMessage((message) => {
    line.received();
    if (message.type === 'console-delivered') {
      underWay -= message.bytes;
      if (underWay <= CONSOLE_WINDOW) wake?.();
      return;
    }
    const { id } = message;
    const method = machine[message.method] as (...parameters: readonly unknown[]) => Promise<unknown>;
    method
      .apply(machine, message.arguments)
      .then(
        (value) => port.postMessage({ type: 'result', id, value }),
        (error: unknown) => port.postMessage({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) }),
      )
      .then(standBySoon);
  });
}
