import type { Machine, MachineEvent } from './machine.ts';
import type { StandingView } from './standing-view.ts';

/** Methods of `Machine` that travel as messages. */
export type MachineMethod = Exclude<keyof Machine, 'onEvent'>;

/** To the worker. */
export type MachineRequest =
  | {
      readonly [M in MachineMethod]: {
        readonly type: 'call';
        readonly id: number;
        readonly method: M;
        readonly arguments: Parameters<Machine[M]>;
      };
    }[MachineMethod]
  /** So many console bytes have been delivered. */
  | { readonly type: 'console-delivered'; readonly bytes: number };

/** From the worker. */
export type MachineReply =
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly message: string }
  | { readonly type: 'event'; readonly event: MachineEvent; readonly view?: StandingView | undefined };

/** What a worker gets when it is started. */
export interface WorkerStart {
  /** One i32, shared: 1 asks the running slice to end. */
  readonly pauseFlag: SharedArrayBuffer;
  /** For single steps: see `step-line.ts`. */
  readonly stepLine: SharedArrayBuffer;
}
