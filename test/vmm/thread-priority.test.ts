import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Nice values of a process's threads behind the call, its own first. */
function niceValues(): number[] {
  const program = `
    import { readdirSync } from 'node:fs';
    import { getPriority } from 'node:os';
    import { lowerEngineThreads } from '../../emulator/vmm/thread-priority.ts';
    lowerEngineThreads();
    const threads = readdirSync('/proc/self/task').map(Number).filter((thread) => thread !== process.pid);
    console.log(JSON.stringify([process.pid, ...threads].map((thread) => getPriority(thread))));
  `;
  const here = fileURLToPath(new URL('.', import.meta.url));
  const options = { cwd: here, input: program, encoding: 'utf8', timeout: 60_000 } as const;
  return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-'], options)) as number[];
}

describe('priorities of threads', { skip: process.platform === 'linux' ? false : 'only Linux has them' }, () => {
  it('the engine’s threads get what the guest leaves', () => {
    const [own, ...others] = niceValues();
    assert.ok(others.length >= 4);
    assert.ok(others.filter((nice) => nice >= own! + 4).length >= 4, `${own}, others ${others}`);
  });
});
