import type { Machine, MachineEvent, StopCause, Termination } from '../emulator/machine/machine.ts';
import { accessText } from './breakpoints/data.ts';
import { checkConfiguration } from './launch/configuration.ts';
import { launchGuest } from './launch/guest.ts';
import { hostLine } from './launch/host-line.ts';
import { RequestError } from './request-error.ts';
import { threadOf } from './requests/guest.ts';
import type { Guest, SessionState } from './session-state.ts';
import { relocateKernel } from './symbols/relocate.ts';

/** Where machines come from. */
export type MachineFactory = () => Machine;

/** The guest's life: launch, restart, end; and what the machine tells by itself, passed on to the client. */
export class GuestControl {
  private launching = false;
  private machine: Machine | undefined;
  private readonly configuration = deferred();
  private decoder = new TextDecoder();
  private progressNumber = 0;

  /** @param sessionOver Called when the client has disconnected. */
  constructor(
    private readonly newMachine: MachineFactory,
    readonly sessionOver: () => void,
  ) {}

  configured(): void {
    this.configuration.resolve();
  }

  /** Launches; the client gets `initialized`, sets its breakpoints, says configurationDone, and only then does the guest run and the launch succeed. */
  async launch(args: unknown, session: SessionState): Promise<void> {
    if (this.launching || session.guest) throw new RequestError('a guest has been launched already');
    this.launching = true;
    try {
      await this.start(args, session);
    } finally {
      this.launching = false;
    }
    session.send('initialized');
    await this.configuration.promise;
    // The client may have disconnected while configuring.
    if (session.guest) await this.begin(session.guest, session);
  }

  /** The same guest again (or another configuration), with the same breakpoints. Files are read anew: an edited source is assembled again. */
  async restart(args: unknown, session: SessionState): Promise<void> {
    const { guest } = session;
    if (!guest) throw new RequestError('no guest has been launched');
    await this.machine?.shutdown();
    try {
      await this.start(args ?? guest.configuration, session, args === undefined ? guest : undefined);
    } catch (error) {
      // The old guest is gone and there is no new one.
      guest.state = 'ended';
      session.send('terminated');
      throw error;
    }
    for (const breakpoint of await session.breakpoints.rebind(session.guest!))
      session.send('breakpoint', { reason: 'changed', breakpoint });
    await this.begin(session.guest!, session);
  }

  /** Ends the guest. `quiet`: the client does not wait to be told. */
  async end(session: SessionState, { quiet = false } = {}): Promise<void> {
    const running = session.guest && session.guest.state !== 'ended';
    if (session.guest) session.guest.state = 'ended';
    const { machine } = this;
    this.machine = undefined;
    this.configuration.resolve();
    await machine?.shutdown();
    if (running && !quiet) session.send('terminated');
  }

  private async start(args: unknown, session: SessionState, same?: Guest): Promise<void> {
    const configuration = same?.configuration ?? checkConfiguration(args);
    const machine = this.newMachine();
    this.machine = machine;
    this.decoder = new TextDecoder();
    machine.onEvent((event) => this.happened(event, session));
    const progress = this.progress(session);
    try {
      session.guest = await launchGuest(configuration, machine, progress.report, (line, category) => session.output(`${line}\n`, category));
    } catch (error) {
      await machine.shutdown();
      this.machine = undefined;
      throw error instanceof RequestError ? error : new RequestError((error as Error).message);
    } finally {
      progress.end();
    }
    const host = hostLine(session.guest.loaded);
    if (host !== undefined) session.output(host, 'console');
    await relocateKernel(session.guest.symbols, machine, session.guest.loaded, 0);
  }

  private async begin(guest: Guest, session: SessionState): Promise<void> {
    if (guest.configuration.stopOnEntry && !guest.configuration.noDebug) this.stopped(0, { kind: 'entry' }, guest, session);
    else await guest.machine.continue();
  }

  private happened(event: MachineEvent, session: SessionState): void {
    const { guest } = session;
    switch (event.type) {
      case 'console':
        this.console(this.decoder.decode(event.bytes, { stream: true }), session);
        break;
      case 'log':
        session.output(`${event.text}\n`, event.category === 'warning' ? 'important' : 'console');
        break;
      case 'continued':
        if (guest) running(guest, session);
        break;
      case 'stopped':
        if (guest) void this.announceStop(event.vcpu, event.cause, guest, session);
        break;
      case 'terminated':
        this.terminated(event.termination, session);
        break;
      case 'progress':
        break;
    }
  }

  private async announceStop(vcpu: number, cause: StopCause, guest: Guest, session: SessionState): Promise<void> {
    // A kernel that has been found where its vectors are does not move from one instruction to the next.
    if (cause.kind !== 'step' || !guest.symbols.moveKnown)
      await relocateKernel(guest.symbols, guest.machine, guest.loaded, vcpu).catch(() => {});
    this.stopped(vcpu, cause, guest, session);
  }

  private stopped(vcpu: number, cause: StopCause, guest: Guest, session: SessionState): void {
    if (guest.state === 'ended') return;
    guest.state = 'stopped';
    guest.stop = { vcpu, cause };
    session.frames.clear();
    session.variables.clear();
    session.send('stopped', {
      threadId: threadOf(vcpu),
      allThreadsStopped: true,
      ...stopTexts(cause, guest),
      ...inView(cause, guest, session),
    });
    if (cause.kind === 'fatal') session.output(`guest stopped: ${cause.message}\n`, 'important');
  }

  private terminated(termination: Termination, session: SessionState): void {
    const { guest } = session;
    if (!guest || guest.state === 'ended') return;
    guest.state = 'ended';
    const texts = { 'power-off': 'the guest powered off', reset: 'the guest asked for a reset' };
    session.output(
      `${termination.kind === 'fatal' ? termination.message : texts[termination.kind]}\n`,
      termination.kind === 'fatal' ? 'important' : 'console',
    );
    session.send('exited', { exitCode: { 'power-off': 0, reset: 4, fatal: 2 }[termination.kind] });
    session.send('terminated');
  }

  private console(text: string, session: SessionState): void {
    if (text === '') return;
    if (session.guest?.configuration.console === 'integratedTerminal') session.send('kvmArm64.console', { text });
    else session.output(text, 'stdout');
  }

  private progress(session: SessionState): { readonly report: (message: string, percentage: number) => void; readonly end: () => void } {
    if (!session.client.supportsProgressReporting) return { report: () => {}, end: () => {} };
    const progressId = `launch-${++this.progressNumber}`;
    let started = false;
    return {
      report(message, percentage) {
        if (started) session.send('progressUpdate', { progressId, message, percentage });
        else session.send('progressStart', { progressId, title: 'Loading the guest', message, percentage, cancellable: false });
        started = true;
      },
      end() {
        if (started) session.send('progressEnd', { progressId });
      },
    };
  }
}

function running(guest: Guest, session: SessionState): void {
  guest.state = 'running';
  guest.stop = undefined;
  session.frames.clear();
  session.variables.clear();
}

function stopTexts(
  cause: StopCause,
  guest: Guest,
): {
  readonly reason: string;
  readonly description?: string;
  readonly text?: string;
  readonly hitBreakpointIds?: readonly number[];
} {
  switch (cause.kind) {
    case 'breakpoint':
      return { reason: 'breakpoint', hitBreakpointIds: cause.ids };
    case 'data':
      return {
        reason: 'data breakpoint',
        description: 'Paused on data breakpoint',
        text: cause.accesses.map((access) => accessText(access, cause.pc, guest)).join('\n'),
        hitBreakpointIds: cause.ids,
      };
    case 'exit':
      return { reason: 'exception', description: `Paused on ${cause.exit.name}`, text: cause.exit.summary };
    case 'exception':
      return {
        reason: 'exception',
        description: `Paused on guest exception: ${cause.exception.class}`,
        text: `${cause.exception.class}, ESR 0x${cause.exception.esr.toString(16)}`,
      };
    case 'fatal':
      return { reason: 'exception', description: 'The machine cannot go on', text: cause.message };
    default:
      return { reason: cause.kind };
  }
}

/**
 * VS Code brings a frame without source into view (its Variables, and the Disassembly view) only where the reason of the stop is an instruction breakpoint;
 * for every other reason it shows nothing at all. So a guest without source stops for that reason there, and the description says the real one.
 */
function inView(cause: StopCause, guest: Guest, session: SessionState): { readonly reason?: string; readonly description?: string } {
  if (session.client.clientID !== 'vscode' || guest.program) return {};
  const said = stopTexts(cause, guest);
  return { reason: 'instruction breakpoint', description: said.description ?? `Paused on ${said.reason}` };
}

/** A promise with its resolver outside. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
