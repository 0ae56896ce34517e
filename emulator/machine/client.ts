import type { Worker } from 'node:worker_threads';
import { startWorker } from '../vmm/start-worker.ts';
import type { AddressSpace, Machine, MachineEvent, MemoryRead, RegisterValue } from './machine.ts';
import type { MachineMethod, MachineReply, MachineRequest, WorkerStart } from './messages.ts';
import { changesView, memoryIn, registersIn, type StandingView } from './standing-view.ts';
import { defaultWorkerUrl } from './start-worker.ts';
import { newStepLine, StepCaller } from './step-line.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly method: MachineMethod;
}

/** The machine in a worker thread. Every call is a message; pausing also raises a flag that the running slice looks at. */
export class MachineClient implements Machine {
  private readonly worker: Worker;
  private readonly pauseFlag = new SharedArrayBuffer(4);
  private readonly steps: StepCaller;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private listener: (event: MachineEvent) => void = () => {};
  private gone: Error | undefined;
  /** What came with the last stop, until something changes it. */
  private view: StandingView | undefined;
  private delivered: () => Promise<void> = () => Promise.resolve();

  /** @param url Program of the worker (`worker.js`). */
  constructor(url: URL = defaultWorkerUrl()) {
    const stepLine = newStepLine();
    this.steps = new StepCaller(stepLine);
    this.worker = startWorker(url, { pauseFlag: this.pauseFlag, stepLine } satisfies WorkerStart);
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
  writeRegister = this.remote('writeRegister');
  writeMemory = this.remote('writeMemory');
  translate = this.remote('translate');
  tableMap = this.remote('tableMap');
  memslots = this.remote('memslots');
  cacheDifferences = this.remote('cacheDifferences');
  exitRecord = this.remote('exitRecord');
  writeExitField = this.remote('writeExitField');
  intervene = this.remote('intervene');
  poisoned = this.remote('poisoned');
  setScript = this.remote('setScript');
  evaluate = this.remote('evaluate');
  setStopPoints = this.remote('setStopPoints');
  continue = this.remote('continue');
  runTo = this.remote('runTo');
  consoleInput = this.remote('consoleInput');
  statistics = this.remote('statistics');

  /** A single step is made before this returns, where the machine is ready for it; its `stopped` event follows once the caller has had its answer. */
  async step(vcpu: number, count: number): Promise<void> {
    const outcome = count === 1 && !this.gone ? this.steps.step(vcpu) : 'busy';
    if (outcome === 'busy') return this.call('step', [vcpu, count]);
    this.view = undefined;
    if (outcome === 'message') return;
    this.listener({ type: 'continued' });
    process.nextTick(() => {
      this.view = this.isChanging() ? undefined : outcome;
      this.listener({ type: 'stopped', vcpu, cause: { kind: 'step' } });
    });
  }

  async readRegisters(vcpu: number, names: readonly string[]): Promise<readonly RegisterValue[]> {
    return registersIn(this.view, vcpu, names) ?? this.call('readRegisters', [vcpu, names]);
  }

  async readMemory(vcpu: number, space: AddressSpace, address: bigint, length: number): Promise<MemoryRead> {
    return memoryIn(this.view, vcpu, space, address, length) ?? this.call('readMemory', [vcpu, space, address, length]);
  }

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
    if (changesView(method)) this.view = undefined;
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, method });
      this.send({ type: 'call', id, method, arguments: parameters } as MachineRequest);
    });
  }

  private send(message: MachineRequest): void {
    this.steps.announce();
    this.worker.postMessage(message);
    this.steps.call();
  }

  private received(message: MachineReply): void {
    if (message.type === 'event') {
      const { event } = message;
      if (event.type === 'stopped') this.view = this.isChanging() ? undefined : message.view;
      this.listener(event);
      if (event.type === 'console') void this.acknowledge(event.bytes.length);
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.type === 'result') pending?.resolve(message.value);
    else pending?.reject(new Error(message.message));
  }

  /** A call that is under way may change what the machine showed when it stopped. */
  private isChanging(): boolean {
    for (const { method } of this.pending.values()) if (changesView(method)) return true;
    return false;
  }

  private async acknowledge(bytes: number): Promise<void> {
    await this.delivered();
    if (!this.gone) this.send({ type: 'console-delivered', bytes });
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
