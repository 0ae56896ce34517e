import { hex } from '../../emulator/machine/expression/format.ts';
import type { CacheLineView, CacheView } from '../../emulator/machine/memory-views.ts';

const ROW = 16;

const stateTexts: Readonly<Record<CacheLineView['state'], string>> = {
  absent: 'not in the cache',
  clean: 'in the cache, clean',
  dirty: 'in the cache, dirty',
};

/** Bytes of one row; those that differ in brackets. */
function rowText(bytes: Uint8Array, from: number, differs: (offset: number) => boolean): string {
  return [...bytes.subarray(from, from + ROW)]
    .map((byte, n) => {
      const text = byte.toString(16).padStart(2, '0');
      return differs(from + n) ? `[${text}]` : ` ${text} `;
    })
    .join('');
}

function lineText({ address, pa, state, cached, memory, differing }: CacheLineView, space: string): string[] {
  const same = differing.length === 0;
  const head = `${space}:${hex(address)}${space === 'pa' ? '' : ` (pa:${hex(pa)})`}: ${stateTexts[state]}${state !== 'absent' && same ? ', as memory has it' : ''}`;
  const differs = (at: number): boolean => differing.some(({ offset, length }) => at >= offset && at < offset + length);
  const rows: string[] = [];
  for (let from = 0; from < cached.length; from += ROW) {
    const at = `  +${from.toString(16).padStart(2, '0')}`;
    const rowDiffers = Array.from({ length: ROW }, (_, n) => from + n).some(differs);
    if (!rowDiffers) rows.push(`${at}         ${rowText(memory, from, differs)}`);
    else rows.push(`${at} cache   ${rowText(cached, from, differs)}`, `${at} memory  ${rowText(memory, from, differs)}`);
  }
  return [head, ...rows];
}

/** What the cache has, and where memory has something else. */
export function cacheText({ lines, counts, holes }: CacheView, space: string): string {
  const { absent, clean, dirty } = counts;
  const total = absent + clean + dirty;
  const summary =
    total > 1 || lines.length === 0
      ? [
          `${total} lines: ${absent} not in the cache, ${clean} clean, ${dirty} dirty${lines.length === 0 ? '; no byte differs from memory' : ''}`,
        ]
      : [];
  const missing = holes.map(({ address, reason }) => `${space}:${hex(address)}: ${reason}`);
  return [...(total > 0 ? summary : []), ...lines.flatMap((line) => lineText(line, space)), ...missing].join('\n');
}
