import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pointerAuthenticationFunctions as functions, pointerAuthContext } from '../../emulator/isa/functions/pointer-authentication.ts';
import { Random } from './generate.ts';

/** One pointer authentication operation with the state it depends on. TCR_EL1 decides TBI, TBID and the size of addresses. */
export interface PointerCase {
  /** IA, IB, DA, DB, GA: low and high half of each. */
  readonly keys: readonly bigint[];
  readonly tcr: bigint;
  readonly operation: number;
  readonly pointer: bigint;
  readonly modifier: bigint;
}

export const pointerOperations = [
  'PACIA',
  'PACIB',
  'PACDA',
  'PACDB',
  'AUTIA',
  'AUTIB',
  'AUTDA',
  'AUTDB',
  'XPACI',
  'XPACD',
  'PACGA',
] as const;

/** TCR_EL1 fields that matter. */
const T1SZ = 16n;
const TBI0 = 1n << 37n;
const TBI1 = 1n << 38n;
const TBID0 = 1n << 51n;
const TBID1 = 1n << 52n;

/** Puts the context as a processor at EL1 with these registers would. */
function setContext({ keys, tcr }: PointerCase): void {
  const words = new BigInt64Array(pointerAuthContext.keys.buffer);
  keys.forEach((key, n) => {
    words[n] = BigInt.asIntN(64, key);
  });
  const bit = (mask: bigint): number => (tcr & mask ? 1 : 0);
  pointerAuthContext.enabled = 15;
  pointerAuthContext.dataTbi = bit(TBI0) | (bit(TBI1) << 1);
  pointerAuthContext.instructionTbi = (bit(TBI0) & ~bit(TBID0)) | ((bit(TBI1) & ~bit(TBID1)) << 1);
  pointerAuthContext.bottom0 = 64 - Number(tcr & 63n);
  pointerAuthContext.bottom1 = 64 - Number((tcr >> T1SZ) & 63n);
  pointerAuthContext.level = 1;
  pointerAuthContext.algorithm = 'QARMA5';
}

/** What our functions give. */
export function ourPointer(c: PointerCase): bigint {
  setContext(c);
  const { pointer, modifier, operation } = c;
  const result =
    operation < 4
      ? functions.pointerAuthAdd.run(pointer, modifier, operation)
      : operation < 8
        ? functions.pointerAuthCheck.run(pointer, modifier, operation - 4)
        : operation < 10
          ? functions.pointerAuthStrip.run(pointer, operation - 8)
          : functions.pointerAuthGeneric.run(pointer, modifier);
  return BigInt.asUintN(64, result);
}

/**
 * Random cases: canonical, tagged and wild pointers; authentications of good and of damaged codes.
 * Where the two halves of the address space differ in TBI or size, pointers are canonical: there QEMU picks by bit 55 what the Arm ARM picks by the selected bit.
 */
export function pointerCases(count: number, seed: number): PointerCase[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const keys = Array.from({ length: 10 }, () => random.doubleword());
    const size = BigInt(16 + random.below(24));
    const otherSize = random.oneIn(4) ? BigInt(16 + random.below(24)) : size;
    const tbi = random.pick([0n, TBI0, TBI1, TBI0 | TBI1, TBI0 | TBI1 | TBID0 | TBID1, TBI0 | TBI1]);
    const tcr = size | (otherSize << T1SZ) | tbi;
    const symmetric = size === otherSize && (tbi === 0n || (tbi & (TBI0 | TBI1)) === (TBI0 | TBI1));
    const bottom = 64n - (size > otherSize ? size : otherSize);
    const plain = random.doubleword() & ((1n << bottom) - 1n);
    const high = random.oneIn(2);
    const canonical = high ? BigInt.asUintN(64, plain | -(1n << bottom)) : plain;
    const wild = symmetric && random.oneIn(4);
    const tagged =
      symmetric && tbi !== 0n && random.oneIn(3) ? (canonical & ~(0xffn << 56n)) | (BigInt(random.below(256)) << 56n) : canonical;
    const pointer = wild ? random.doubleword() : tagged;
    const c: PointerCase = {
      keys,
      tcr,
      operation: random.below(pointerOperations.length),
      pointer,
      modifier: random.oneIn(4) ? 0n : random.doubleword(),
    };
    if (c.operation < 4 || c.operation > 9 || random.oneIn(6)) return c;
    const key = c.operation < 8 ? c.operation - 4 : random.below(4);
    const signed = ourPointer({ ...c, operation: key });
    return { ...c, pointer: random.oneIn(3) ? signed ^ (1n << BigInt(random.below(64))) : signed };
  });
}

const guest = join(dirname(fileURLToPath(import.meta.url)), 'native', 'pauth-guest.c');

/** What QEMU's `max` gives, at EL1 of its `virt` machine. @throws Error where a tool is missing or fails. */
export function qemuPointers(cases: readonly PointerCase[]): bigint[] {
  const folder = mkdtempSync(join(tmpdir(), 'pointers-'));
  try {
    const elf = join(folder, 'guest.elf');
    const options = [
      '-O1',
      '-march=armv8.3-a',
      '-mgeneral-regs-only',
      '-mstrict-align',
      '-ffreestanding',
      '-nostdlib',
      '-static',
      '-Wl,-Ttext=0x40080000',
      '-Wl,--build-id=none',
    ];
    const compiled = spawnSync('aarch64-linux-gnu-gcc', [...options, '-o', elf, guest], { encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(`the guest does not compile: ${compiled.stderr}`);
    const input = new BigUint64Array([
      BigInt(cases.length),
      ...cases.flatMap((c) => [...c.keys, c.tcr, BigInt(c.operation), c.pointer, c.modifier]),
    ]);
    const file = join(folder, 'cases.bin');
    writeFileSync(file, new Uint8Array(input.buffer));
    const machine = ['-M', 'virt', '-cpu', 'max', '-m', '256', '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot'];
    const done = spawnSync(
      'qemu-system-aarch64',
      [...machine, '-kernel', elf, '-device', `loader,file=${file},addr=0x48000000,force-raw=on`],
      {
        maxBuffer: 1 << 26,
        timeout: 60_000,
      },
    );
    if (done.status !== 0 || done.stdout.length !== cases.length * 8)
      throw new Error(`QEMU gave ${done.stdout.length / 8} of ${cases.length} results: ${done.stderr}`);
    return cases.map((_, n) => done.stdout.readBigUInt64LE(n * 8));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
