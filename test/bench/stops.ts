/**
 * The speed of stops, measured through the adapter (`dist/cli.js dap`): conditional breakpoints whose condition is false, instruction steps with all general
 * registers read after each, and a boot with every exit filter on.
 *   node --import tsx test/bench/stops.ts [--boots 3] [--steps 3000] [--gdb] [--json FILE] [--program dist/cli.js]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
// @ts-expect-error plain JavaScript
import { DapClient } from '../../scripts/dap-client.mjs';
import { guestFiles, repository } from '../guests/guests.ts';
import { MARKER_INIT } from '../guests/initramfs.ts';

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '3' },
    steps: { type: 'string', default: '3000' },
    json: { type: 'string' },
    program: { type: 'string', default: join(repository, 'dist', 'cli.js') },
  },
});
const boots = Number(values.boots);
const steps = Number(values.steps);
const files = guestFiles();
const kernel = files.kernels['6.1'];
const HOT_FUNCTION = 'kmem_cache_alloc';
const FALSE = 'x0 == 0x1234';
const LOOPS = 2_000_000;

const scratch = mkdtempSync(join(tmpdir(), 'kvm-arm64-stops-'));
const loop = join(scratch, 'loop.S');
// Counts down, then asks PSCI to power off.
writeFileSync(
  loop,
  [
    '_start:',
    `  movz x1, #${LOOPS >>> 16}, lsl #16`,
    `  movk x1, #${LOOPS & 0xffff}`,
    'hot:',
    '  sub x1, x1, #1',
    '  cbnz x1, hot',
    '  movz w0, #0x8400, lsl #16',
    '  movk w0, #8',
    '  hvc #0',
    '',
  ].join('\n'),
);

const linux = {
  kernel: kernel.image,
  initrd: files.reference,
  append: 'console=ttyAMA0 nokaslr',
  memory: '512M',
  symbols: join(kernel.image, '..', 'System.map'),
  console: 'internalConsole',
  stopOnEntry: true,
};

interface Session {
  readonly client: any;
  /** Resolves with the seconds since `continue` when the text has been on the console. */
  until(text: string): Promise<number>;
  /** Log messages so far. */
  readonly logged: () => number;
}

/** A session that stands at entry. */
async function session(configuration: object): Promise<Session> {
  const client = new DapClient(process.execPath, [values.program, 'dap'], { timeout: 600_000 });
  let console_ = '';
  let logged = 0;
  let look = (): void => {};
  client.on('event:output', ({ category, output }: { category: string; output: string }) => {
    if (category === 'stdout') console_ += output;
    else if (category === 'console') logged += output.split('\n').length - 1;
    look();
  });
  await client.request('initialize', { adapterID: 'kvm-arm64' });
  const launched = client.request('launch', configuration);
  await client.event('initialized');
  await client.request('configurationDone');
  await launched;
  await client.event('stopped');
  return {
    client,
    logged: () => logged,
    async until(text) {
      const started = performance.now();
      await client.request('continue', { threadId: 1 });
      await new Promise<void>((resolve) => {
        look = () => {
          if (console_.includes(text)) resolve();
        };
        look();
      });
      return (performance.now() - started) / 1000;
    },
  };
}

async function end({ client }: Session): Promise<void> {
  client.kill();
  await client.ended;
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]!;

type Configure = (session: Session) => Promise<unknown>;

/** Seconds from the first instruction to the first user-space output. */
async function boot(configure: Configure): Promise<{ readonly seconds: number; readonly logged: number }> {
  const one = await session(linux);
  await configure(one);
  const seconds = await one.until(MARKER_INIT);
  await end(one);
  console.error(`boot: ${seconds.toFixed(2)} s`);
  return { seconds, logged: one.logged() };
}

const functionBreakpoint =
  (more: object): Configure =>
  ({ client }) =>
    client.request('setFunctionBreakpoints', { breakpoints: [{ name: HOT_FUNCTION, ...more }] });

const filters =
  (prefix: string): Configure =>
  async ({ client }) => {
    const { exceptionBreakpointFilters } = await client.request('initialize', { adapterID: 'kvm-arm64' });
    const filterOptions = exceptionBreakpointFilters
      .filter(({ filter }: { filter: string }) => filter.startsWith(prefix))
      .map(({ filter }: { filter: string }) => ({ filterId: filter, condition: FALSE }));
    await client.request('setExceptionBreakpoints', { filters: [], filterOptions });
  };

/** Hits per second of a breakpoint in a two-instruction loop, all its time counted. */
async function hitsInLoop(): Promise<number> {
  const one = await session({ program: loop, stopOnEntry: true, console: 'internalConsole' });
  await one.client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'hot', condition: FALSE }] });
  const started = performance.now();
  await one.client.request('continue', { threadId: 1 });
  await one.client.event('terminated');
  const seconds = (performance.now() - started) / 1000;
  await end(one);
  return LOOPS / seconds;
}

/** Instructions stepped at each visit of the hot function: calls are stepped over, and it returns to its caller. */
const VISIT = 25;

/** `next`, the stopped event, and all general registers, per second, in the middle of a boot. */
async function stepsPerSecond(): Promise<number> {
  const one = await session(linux);
  const { client } = one;
  const resume = async (request: string): Promise<void> => {
    const stopped = client.event('stopped');
    await client.request(request, { threadId: 1, granularity: 'instruction' });
    await stopped;
  };
  const step = async (): Promise<void> => {
    await resume('next');
    const { stackFrames } = await client.request('stackTrace', { threadId: 1, startFrame: 0, levels: 1 });
    const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
    await client.request('variables', { variablesReference: scopes[0].variablesReference });
  };
  await functionBreakpoint({})(one);
  let milliseconds = 0;
  const visits = Math.ceil(steps / VISIT);
  const warmUp = Math.ceil(visits / 5);
  for (let visit = -warmUp; visit < visits; visit++) {
    await resume('continue');
    const started = performance.now();
    for (let i = 0; i < VISIT; i++) await step();
    if (visit >= 0) milliseconds += performance.now() - started;
  }
  await end(one);
  return (visits * VISIT) / (milliseconds / 1000);
}

const nothing: Configure = async () => {};
const load = loadavg()[0]!;
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, node ${process.version}, load ${load.toFixed(2)}`);
const plain: number[] = [];
const conditional: number[] = [];
const exits: number[] = [];
const exceptions: number[] = [];
for (let round = 0; round < boots; round++) {
  plain.push((await boot(nothing)).seconds);
  conditional.push((await boot(functionBreakpoint({ condition: FALSE }))).seconds);
  exits.push((await boot(filters('exit:'))).seconds);
  exceptions.push((await boot(filters('exception:'))).seconds);
}
const { logged: hits } = await boot(functionBreakpoint({ logMessage: 'hit' }));
const slowdown = (times: readonly number[]): number => median(times) / median(plain);
const report = {
  load,
  bootSeconds: median(plain),
  conditionalBreakpoint: {
    hitsPerSecondInLoop: await hitsInLoop(),
    hitsInBoot: hits,
    bootSeconds: median(conditional),
    slowdown: slowdown(conditional),
  },
  stepsPerSecond: await stepsPerSecond(),
  exitFilters: { slowdown: slowdown(exits) },
  exceptionFilters: { slowdown: slowdown(exceptions) },
  loadAtEnd: loadavg()[0]!,
};
rmSync(scratch, { recursive: true, force: true });
console.log(JSON.stringify(report, null, 2));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
