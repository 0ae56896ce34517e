import { type BuildTarget, DebuggedMachine } from './debugged-machine.ts';
import type { MachineReply, MachineRequest, WorkerStart } from './messages.ts';
import { viewOf } from './standing-view.ts';

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
  machine.onEvent((event) => {
    if (event.type === 'console') underWay += event.bytes.length;
    if (event.type !== 'stopped') port.postMessage({ type: 'event', event });
    else
      viewOf(machine, event.vcpu).then(
        (view) => port.postMessage({ type: 'event', event, view }),
        () => port.postMessage({ type: 'event', event }),
      );
  });
  port.onMessage((message) => {
    if (message.type === 'console-delivered') {
      underWay -= message.bytes;
      if (underWay <= CONSOLE_WINDOW) wake?.();
      return;
    }
    const { id } = message;
    const method = machine[message.method] as (...parameters: readonly unknown[]) => Promise<unknown>;
    method.apply(machine, message.arguments).then(
      (value) => port.postMessage({ type: 'result', id, value }),
      (error: unknown) => port.postMessage({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) }),
    );
  });
}
