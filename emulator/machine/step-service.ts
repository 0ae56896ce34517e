import type { DebuggedMachine } from './debugged-machine.ts';
import type { MachineEvent } from './machine.ts';
import type { StepServer } from './step-line.ts';

/** Makes the steps that are asked for on the line, as long as there is nothing to tell but that they are done. */
export interface StepService {
  /** Waits on the line for a moment, and makes the steps. */
  readonly standBy: () => void;
  /** True: the event is of a step under way, and will be told if it has to be. */
  takes(event: MachineEvent): boolean;
}

/** @param tell Tells the debugger by message. */
export function serveSteps(line: StepServer, machine: DebuggedMachine, tell: (event: MachineEvent) => void): StepService {
  let held: MachineEvent[] | undefined;

  /** True: the next step may follow. */
  const step = (vcpu: number): boolean => {
    held = [];
    try {
      machine.stepAtOnce(vcpu);
    } catch {
      held = undefined;
      line.refuse();
      return false;
    }
    const events = held;
    held = undefined;
    const view = isPlainStep(events) ? machine.view(vcpu) : undefined;
    if (view && line.answer(view)) return true;
    for (const event of events) tell(event);
    line.leave();
    return false;
  };

  return {
    standBy() {
      for (let vcpu = line.await(); vcpu !== undefined; vcpu = line.await()) if (!step(vcpu)) return;
    },
    takes(event) {
      held?.push(event);
      return held !== undefined;
    },
  };
}

/** Nothing but the step: no console output, no log message, no other stop. */
function isPlainStep(events: readonly MachineEvent[]): boolean {
  const [first, second] = events;
  return events.length === 2 && first!.type === 'continued' && second!.type === 'stopped' && second!.cause.kind === 'step';
}
