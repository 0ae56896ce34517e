/** What Linux's own tool says of BTF. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
const program = folders.map((folder) => join(folder, 'bpftool')).find((path) => existsSync(path));

/** The `skip` option of a test that needs bpftool. Throws in CI, which installs it. */
export function skipWithoutBpftool(): string | false {
  if (program) return false;
  if (process.env.CI === 'true') throw new Error('needs bpftool');
  return 'needs bpftool';
}

/** Lines of `bpftool btf dump file`. */
export function bpftoolDump(btf: Uint8Array, ...options: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'btf-'));
  try {
    writeFileSync(join(folder, 'btf'), btf);
    return execFileSync(program!, ['btf', 'dump', 'file', join(folder, 'btf'), ...options], { encoding: 'utf8', maxBuffer: 2 ** 28 }).split(
      '\n',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Named structs, unions and enums of `bpftool … format c`, without what it adds to make a compiler lay them out the same: padding and attributes. */
export function* definitions(
  lines: readonly string[],
): Generator<{ readonly keyword: string; readonly name: string; readonly text: string }> {
  for (let at = 0; at < lines.length; at++) {
    const head = /^(struct|union|enum) (\w+) \{(\};)?$/.exec(lines[at]!);
    if (!head) continue;
    const text = [lines[at]!];
    while (!head[3] && !lines[at]!.startsWith('}')) {
      const line = lines[++at]!;
      if (!/^\t+(?:long|int|short|char)?: \d+;$/.test(line)) text.push(line.replace(/ __attribute__\(\(\w+(?:\(\d+\))?\)\)/, ''));
    }
    yield { keyword: head[1]!, name: head[2]!, text: text.join('\n').replace(/;$/, '') };
  }
}
