import type { DebugProtocol } from '@vscode/debugprotocol';
import { disassemble as textOf } from '../../emulator/isa/disassembler.ts';
import { hex } from '../../emulator/machine/expression/format.ts';
import { parseMemoryReference } from '../references/memory-reference.ts';
import { RequestError } from '../request-error.ts';
import type { Guest, SessionState } from '../session-state.ts';
import { liveGuest, vcpuInFocus } from './guest.ts';

/** More rows than any view asks for at once. */
const MAX_ROWS = 100_000;
const END = 1n << 64n;

/** Rows for VS Code's Disassembly view. It shows wrong code unless it gets exactly as many rows as it asked for, even where nothing is readable. */
export async function disassemble(
  args: DebugProtocol.DisassembleArguments,
  session: SessionState,
): Promise<DebugProtocol.DisassembleResponse['body']> {
  const guest = liveGuest(session);
  const count = args.instructionCount;
  if (!Number.isInteger(count) || count < 0 || count > MAX_ROWS)
    throw new RequestError(`disassemble: instructionCount must be 0 to ${MAX_ROWS}`);
  const reference = parseMemoryReference(args.memoryReference);
  const at = reference.address + BigInt(Math.trunc(args.offset ?? 0));
  const first = at - (((at % 4n) + 4n) % 4n) + BigInt(Math.trunc(args.instructionOffset ?? 0)) * 4n;
  const vcpu = reference.vcpu ?? vcpuInFocus(undefined, session);

  const words = await readWords(guest, vcpu, reference.space, first, count);
  const instructions = words.map((word, index) => row(first + BigInt(index * 4), word, guest, args.resolveSymbols ?? true));
  return { instructions };
}

/** The words from `first` on; undefined where there is none to read. */
async function readWords(
  { machine }: Guest,
  vcpu: number,
  space: 'va' | 'ipa' | 'pa',
  first: bigint,
  count: number,
): Promise<(number | undefined)[]> {
  const words: (number | undefined)[] = new Array(count).fill(undefined);
  const from = first < 0n ? 0n : first;
  const until = first + BigInt(count * 4) > END ? END : first + BigInt(count * 4);
  if (until <= from) return words;
  const { bytes, holes } = await machine.readMemory(vcpu, space, from, Number(until - from));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const skipped = Number(from - first) / 4;
  for (let i = 0; i < bytes.length / 4; i++) words[skipped + i] = view.getUint32(i * 4, true);
  for (const { offset, length } of holes) words.fill(undefined, skipped + (offset >> 2), skipped + ((offset + length + 3) >> 2));
  return words;
}

function row(
  address: bigint,
  word: number | undefined,
  { symbols, program }: Guest,
  resolveSymbols: boolean,
): DebugProtocol.DisassembledInstruction {
  // Below address 0 the view still wants rows, each with an address of its own in order.
  const shown = address < 0n ? address.toString() : hex(address, 64);
  if (word === undefined) return { address: shown, instruction: '??', presentationHint: 'invalid' };
  const located = resolveSymbols ? symbols.locate(address) : undefined;
  const line = program?.lineAt(address);
  return {
    address: shown,
    instructionBytes: word.toString(16).padStart(8, '0'),
    instruction: withSymbols(textOf(word, address), resolveSymbols ? symbols : undefined),
    ...(located?.offset === 0n ? { symbol: located.name } : {}),
    ...(program && line !== undefined ? { location: { name: program.name, path: program.path }, line } : {}),
  };
}

/** Branch and PC-relative targets with the symbol they mean. */
function withSymbols(text: string, symbols: Guest['symbols'] | undefined): string {
  if (!symbols || symbols.size === 0) return text;
  const target = /^(?:b|bl|b\.\w+|bc\.\w+|cbn?z|tbn?z|adrp?|ldr|ldrsw|prfm)\b.*?(0x[0-9a-f]{5,16})$/.exec(text);
  const located = target && symbols.locate(BigInt(target[1]!));
  if (!located) return text;
  return `${text} <${located.name}${located.offset === 0n ? '' : `+0x${located.offset.toString(16)}`}>`;
}
