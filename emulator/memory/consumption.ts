import { FETCH, MAINTENANCE, READ, WRITE, ZERO } from './access.ts';
import type { Fault } from './fault.ts';
import type { FaultRule } from './fault-rules.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** External aborts of accesses, as against those of walks: what an access to a marked page trips over, and pages where nothing answers. */
export class Consumption {
  constructor(
    private readonly physical: PhysicalMemory,
    private readonly fault: Fault,
  ) {}

  /** An access of data to a marked page: false where it aborts; `fault` is filled. DC ZVA replaces the whole line, so that it reads nothing. */
  data(vaLow: number, vaHigh: number, host: number, bytes: number, access: number): boolean {
    const { poison } = this.physical;
    if ((access & ZERO) === 0) return this.consume(vaLow, vaHigh, host, bytes, access);
    poison.overwrite(host, bytes);
    return true;
  }

  /** The fetch of an instruction; false: it aborts. */
  fetch(pcLow: number, pcHigh: number, host: number): boolean {
    return this.consume(pcLow, pcHigh, host, 4, FETCH);
  }

  /** DC by VA: the line is read to be written back; false: it aborts. */
  maintenance(vaLow: number, vaHigh: number, host: number): boolean {
    return this.consume(vaLow, vaHigh, host, 1, MAINTENANCE | READ);
  }

  private consume(vaLow: number, vaHigh: number, host: number, bytes: number, access: number): boolean {
    const { physical, fault } = this;
    const hit = physical.poison.consume(host, bytes, (access & FETCH) !== 0 ? 'instruction' : 'data');
    if (hit === undefined) return true;
    // FAR_ELx: the first byte of the access that is bad.
    const low = (vaLow >>> 0) + hit.lines.firstIn(host, bytes) - host;
    fault.vaLow = low | 0;
    fault.vaHigh = vaHigh;
    fault.access = (access & FETCH) !== 0 ? 'fetch' : (access & MAINTENANCE) !== 0 ? 'maintenance' : 'data';
    fault.write = (access & (READ | WRITE)) === WRITE;
    this.note('poison');
    fault.error.bad(physical.physical(host), hit);
    return false;
  }

  /** Nothing answers at a physical address; the rest of `fault` is filled. */
  absent(pa: number): void {
    this.note('nothing answers');
    this.fault.error.absent(pa);
  }

  private note(rule: FaultRule): void {
    const { fault } = this;
    fault.type = 'external abort';
    fault.rule = rule;
    fault.stage = 1;
    fault.level = 0;
    fault.s1ptw = false;
    fault.walk = false;
  }
}
