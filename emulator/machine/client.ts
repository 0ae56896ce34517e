import type { Worker } from 'node:worker_threads';
import type { Machine, MachineEvent } from './machine.ts';
import type { MachineMethod, MachineReply, MachineRequest } from './messages.ts';
import { defaultWorkerUrl, startWorker } from './start-worker.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The machine in a worker thread. Every call is a message; pausing also raises a flag that the running slice looks at. */
export class MachineClient implements Machine {
  private readonly worker: Worker;
  private readonly pauseFlag = new SharedArrayBuffer(4);
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private listener: (event: MachineEvent) => void = () => {};
  private gone: Error | undefined;
  private delivered: () => Promise<void> = () => Promise.resolve();

  /** @param url Program of the worker (`worker.js`). */
  constructor(url: URL = defaultWorkerUrl()) {
    this.worker = startWorker(url, { pauseFlag: this.pauseFlag });
    this.worker.on('message', (message: MachineReply) => this.received(message));
    this.worker.on('error', (error) => this.lost(new Error(`the machine failed: ${error.message}`)));
    this.worker.on('exit', () => this.lost(new Error('the machine is gone')));
  }

  onEvent(listener: (event: MachineEvent) => void): void {
    this.listener = listener;
  }

  /** Console output is acknowledged after this resolves: while a reader is slow, a flooding guest waits. */
  onConsoleDelivered(delivered: () => Promise<void>): void {
    this.delivered = delivered;
  }

  launch = this.remote('launch');
  reset = this.remote('reset');
  vcpus = this.remote('vcpus');
  readRegisters = this.remote('readRegisters');
  writeRegister = this.remote('writeRegister');
  readMemory = this.remote('readMemory');
  writeMemory = this.remote('writeMemory');
  translate = this.remote('translate');
  exitRecord = this.remote('exitRecord');
  writeExitField = this.remote('writeExitField');
  evaluate = this.remote('evaluate');
  setStopPoints = this.remote('setStopPoints');
  continue = this.remote('continue');
  step = this.remote('step');
  runTo = this.remote('runTo');
  consoleInput = this.remote('consoleInput');
  statistics = this.remote('statistics');

  async pause(): Promise<void> {
    Atomics.store(new Int32Array(this.pauseFlag), 0, 1);
    await this.call('pause', []);
  }

  /** Ends the worker, whatever it does. */
  async shutdown(): Promise<void> {
    this.listener = () => {};
    this.lost(new Error('the machine has been shut down'));
    await this.worker.terminate();
  }

  private remote<M extends MachineMethod>(method: M): Machine[M] {
    return ((...parameters: Parameters<Machine[M]>) => this.call(method, parameters)) as unknown as Machine[M];
  }

  private call<M extends MachineMethod>(method: M, parameters: Parameters<Machine[M]>): Promise<any> {
    if (this.gone) return Promise.reject(this.gone);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ type: 'call', id, method, arguments: parameters } as MachineRequest);
    });
  }

  private received(message: MachineReply): void {
    if (message.type === 'event') {
      const { event } = message;
      this.listener(event);
      if (event.type === 'console') void this.acknowledge(event.bytes.length);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.type === 'result') pending?.resolve(message.value);
    else pending?.reject(new Error(message.message));
  }

  private async acknowledge(bytes: number): Promise<void> {
    await this.delivered();
    if (!this.gone) this.worker.postMessage({ type: 'console-delivered', bytes } satisfies MachineRequest);
  }

  /** The worker ended: whoever waits is told, and the debugger if it did not ask for it. */
  private lost(error: Error): void {
    if (this.gone) return;
    this.gone = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    this.listener({ type: 'terminated', termination: { kind: 'fatal', message: error.message } });
  }
}
