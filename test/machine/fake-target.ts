import type {
  AddressSpace,
  DataBreakpoint,
  ExitRecord,
  GuestException,
  LoadedGuest,
  MemoryRead,
  VcpuStatus,
} from '../../emulator/machine/machine.ts';
import type { MemslotView, TableMap, Translation, TranslationQuery } from '../../emulator/machine/memory-views.ts';
import type { RunEnd, Target, TargetHooks } from '../../emulator/machine/target.ts';

export const RAM = 0x4008_0000n;
const RAM_BYTES = 0x1000;

/** What happens when the vCPU comes to an address; elsewhere every word is a NOP that counts x0 up. */
export type Script =
  | { readonly kind: 'exit'; readonly name: string; readonly fields: Readonly<Record<string, bigint>> }
  | { readonly kind: 'exception'; readonly class: string; readonly esr: bigint; readonly vector: bigint }
  | { readonly kind: 'branch'; readonly to: bigint }
  /** Stores a byte at a virtual address in RAM. */
  | { readonly kind: 'store'; readonly address: bigint; readonly value: number }
  | { readonly kind: 'console'; readonly text: string }
  | { readonly kind: 'power-off' | 'idle' };

/** A scripted machine of one vCPU, to test the debugger around a machine without one. */
export class FakeTarget implements Target {
  readonly vcpuCount = 1;
  readonly guest: LoadedGuest = { entry: RAM, base: RAM, size: RAM_BYTES };
  readonly memory = new Uint8Array(RAM_BYTES);
  readonly registers = new Map<string, bigint>([
    ['pc', RAM],
    ['sp', RAM + 0x800n],
    ['pstate', 0x3c5n],
  ]);
  hooks: TargetHooks | undefined;
  executed = 0;
  private armed = new Set<bigint>();
  private exits: ReadonlySet<string> = new Set();
  private exceptions = false;
  private exit: ExitRecord | undefined;
  /** A scripted access to one of these stops it. */
  private watches: readonly DataBreakpoint[] = [];
  /** An exit that has been reported and is to be completed when the vCPU runs again. */
  private pendingExit = false;
  private out: number[] = [];
  readonly typed: number[] = [];

  constructor(readonly script: Map<bigint, Script> = new Map()) {}

  takeConsole(): Uint8Array {
    const bytes = Uint8Array.from(this.out);
    this.out = [];
    return bytes;
  }

  consoleInput(bytes: Uint8Array): void {
    this.typed.push(...bytes);
  }

  status(index: number): VcpuStatus {
    return { index, pc: this.get('pc'), el: 1, state: 'runnable' };
  }

  instructionsOf(): number {
    return this.executed;
  }

  readRegister(_: number, name: string): bigint | undefined {
    return this.registers.get(name) ?? (/^x\d+$/.test(name) || name === 'VBAR_EL1' ? 0n : undefined);
  }

  writeRegister(_: number, name: string, value: bigint): void {
    this.registers.set(name, value);
  }

  readMemory(_: number, __: AddressSpace, address: bigint, length: number): MemoryRead {
    const bytes = new Uint8Array(length);
    const holes: { offset: number; length: number; reason: string }[] = [];
    for (let i = 0; i < length; i++) {
      const at = Number(address + BigInt(i) - RAM);
      if (at >= 0 && at < RAM_BYTES) bytes[i] = this.memory[at]!;
      else if (holes.length > 0 && holes.at(-1)!.offset + holes.at(-1)!.length === i) holes.at(-1)!.length++;
      else holes.push({ offset: i, length: 1, reason: 'not mapped' });
    }
    return { bytes, holes };
  }

  writeMemory(_: number, __: AddressSpace, address: bigint, bytes: Uint8Array): number {
    const at = Number(address - RAM);
    if (at < 0 || at >= RAM_BYTES) return 0;
    const fits = bytes.subarray(0, RAM_BYTES - at);
    this.memory.set(fits, at);
    return fits.length;
  }

  translate(_: number, { space, address, kind = 'read' }: TranslationQuery): Translation {
    const access = { kind, el: 1 } as const;
    return { space, address, access, ipa: address, pa: address + 0x10_0000_0000n, steps: [], regimes: [], notes: ['MMU off'] };
  }

  cacheDifferences(): never {
    throw new Error('this machine has no cache model');
  }

  tableMap(): TableMap {
    throw new Error('not scripted');
  }

  memslots(): readonly MemslotView[] {
    return [];
  }

  placeOf(_: number, va: bigint): { readonly ipa: bigint; readonly pa: bigint } {
    return { ipa: va, pa: va + 0x10_0000_0000n };
  }

  exitRecord(): ExitRecord | undefined {
    return this.exit;
  }

  writeExitField(): void {
    throw new Error('not scripted');
  }

  setScript(): void {}

  poisoned(): readonly never[] {
    return [];
  }

  intervene(): string {
    throw new Error('not scripted');
  }

  armBreakpoints(places: readonly { readonly space: AddressSpace; readonly address: bigint }[]): void {
    this.armed = new Set(places.map((p) => (p.space === 'pa' ? p.address - 0x10_0000_0000n : p.address)));
  }

  armData(watches: readonly DataBreakpoint[]): void {
    this.watches = watches;
  }

  armHooks(armed: { readonly exits: ReadonlySet<string>; readonly exceptions: boolean }): void {
    this.exits = armed.exits;
    this.exceptions = armed.exceptions;
  }

  run(budget: number, interrupted: () => boolean): RunEnd {
    for (let i = 0; i < Math.min(budget, 1000); i++) {
      if (interrupted()) break;
      const end = this.one(true);
      if (end) return end;
    }
    return { kind: 'budget' };
  }

  step(_: number, count: number): RunEnd {
    for (let i = 0; i < count; i++) {
      const end = this.one(i > 0);
      if (end) return end;
    }
    return { kind: 'budget' };
  }

  readonly time = 0;

  passTime(): void {}

  statistics() {
    return { instructions: this.executed, exits: {} };
  }

  reset(): void {
    this.registers.set('pc', RAM);
    this.executed = 0;
  }

  private get(name: string): bigint {
    return this.registers.get(name) ?? 0n;
  }

  private one(breakpoints: boolean): RunEnd | undefined {
    const pc = this.get('pc');
    if (breakpoints && !this.pendingExit && this.armed.has(pc) && this.hooks?.breakpoint(0)) return { kind: 'hook', vcpu: 0 };
    const script = this.script.get(pc);
    let next = pc + 4n;
    switch (script?.kind) {
      case 'exit':
        if (!this.pendingExit) {
          this.exit = record(script.name, script.fields);
          this.pendingExit = true;
          if (this.exits.has(script.name) && this.hooks?.exit(0, script.name)) return { kind: 'hook', vcpu: 0 };
        }
        this.pendingExit = false;
        break;
      case 'exception': {
        const exception: GuestException = { vcpu: 0, class: script.class, targetEl: 1, esr: script.esr, far: 0n, elr: pc, spsr: 0x3c5n };
        this.registers.set('pc', script.vector);
        return this.exceptions && this.hooks?.exception(exception) ? { kind: 'hook', vcpu: 0 } : undefined;
      }
      case 'store': {
        const at = Number(script.address - RAM);
        const before = this.memory.slice(at, at + 1);
        this.memory[at] = script.value;
        this.registers.set('pc', next);
        this.executed++;
        const hits = this.watches.filter((w) => script.address >= w.address && script.address < w.address + BigInt(w.bytes));
        const after = this.memory.slice(at, at + 1);
        const accesses = hits.map(({ id }) => ({ id, read: false, write: true, address: script.address, before, after }));
        return accesses.length > 0 && this.hooks?.data(0, pc, accesses) ? { kind: 'hook', vcpu: 0 } : undefined;
      }
      case 'branch':
        next = script.to;
        break;
      case 'console':
        this.out.push(...new TextEncoder().encode(script.text));
        break;
      case 'power-off':
      case 'idle':
        return { kind: script.kind };
    }
    this.registers.set('pc', next);
    this.registers.set('x0', this.get('x0') + 1n);
    this.executed++;
    return undefined;
  }
}

function record(name: string, fields: Readonly<Record<string, bigint>>): ExitRecord {
  return {
    vcpu: 0,
    reason: 6,
    name,
    summary: 'an exit',
    fields: Object.entries(fields).map(([field, value]) => ({ name: field, value, bytes: 8 })),
  };
}
