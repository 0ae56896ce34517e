/**
 * What time does outside while it passes in the machine. `skip`: nothing; a guest that sleeps is woken at once. `wait`: a guest that sleeps takes as long
 * outside, so that one that has nothing to do leaves the host's processor alone; it cannot tell. `realtime`: its counter follows the clock on the wall, also
 * while it works: its instructions then depend on the host.
 */
export type Timekeeping = 'skip' | 'wait' | 'realtime';

/** What is paced. */
export interface PacedMachine {
  /** Machine time, nanoseconds. */
  readonly time: number;
  /** Between runs: so much time passes without an instruction. */
  passTime(nanoseconds: number): void;
}

/** Sleeps on the host. True: woken before the time was over. */
export type Sleep = (milliseconds: number) => Promise<boolean>;

const MILLISECOND = 1e6;
/** What the host's timers resolve: shorter waits are put together. Milliseconds. */
const LEAST = 2;
/** How far a guest that works may be ahead of a clock it has to follow, and how far a wait may be late and still be made up for, milliseconds. */
const TOLERANCE = 5;
/** Of a run that has to follow the clock: how often it looks at it, milliseconds. */
export const REALTIME_SLICE = 1;

/** Keeps a machine in step with the clock on the wall, between its runs. */
export class Pace {
  /** Milliseconds of waits that the guest is through with and the host is not. */
  private owed = 0;
  /** The clock that is followed: milliseconds that the machine has been running for, and when that was looked at. */
  private ran: number;
  private seen = 0;

  /**
   * @param sleep Ends early when something else can wake the guest, or somebody wants it to stop.
   * @param clock Milliseconds.
   */
  constructor(
    private readonly timekeeping: Timekeeping,
    private readonly machine: PacedMachine,
    private readonly sleep: Sleep,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.ran = machine.time / MILLISECOND;
  }

  /** The machine goes on after it stood: the time in between is none of its own. */
  begin(): void {
    this.seen = this.clock();
    this.owed = Math.min(this.owed, 0);
  }

  /** Before a slice of a run. */
  async keepUp(): Promise<void> {
    if (this.timekeeping !== 'realtime') return;
    this.look();
    const ahead = this.machine.time / MILLISECOND - this.ran;
    if (ahead > TOLERANCE) {
      await this.sleep(ahead);
      this.look();
    } else if (ahead < 0) this.machine.passTime(Math.floor(-ahead * MILLISECOND));
  }

  /** Every vCPU waits for a timer that fires in so much machine time; the next run goes on there, or earlier if that has been told by `passTime`. */
  async pause(nanoseconds: number): Promise<void> {
    const milliseconds = nanoseconds / MILLISECOND;
    if (this.timekeeping === 'realtime') {
      await this.sleep(milliseconds);
      return;
    }
    this.owed += milliseconds;
    if (this.owed < LEAST) return;
    const wanted = this.owed;
    const started = this.clock();
    const woken = await this.sleep(wanted);
    const left = wanted - (this.clock() - started);
    this.owed = woken ? 0 : Math.max(left, -TOLERANCE);
    if (woken && left > 0) this.machine.passTime(Math.floor(Math.max(0, milliseconds - left) * MILLISECOND));
  }

  private look(): void {
    const now = this.clock();
    this.ran += now - this.seen;
    this.seen = now;
  }
}
