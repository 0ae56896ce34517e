/** A scripted debug session through the real server process, printed as a transcript. */
import { join } from 'node:path';
import { DapClient } from './dap-client.mjs';
import { root } from './prepare.mjs';

const EXIT = 'KVM_EXIT_MMIO';
const CONDITION = 'phys_addr == 0x9000000 && is_write';
const STEPS = 3;

const say = (text) => console.log(text);
const heading = (text) => say(`\n== ${text}`);
const indented = (text) =>
  String(text)
    .trimEnd()
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');

/** @param program path of an assembly source. @throws when any step of the session goes wrong. */
export async function scriptedSession(program) {
  const client = new DapClient(process.execPath, [join(root, 'dist', 'cli.js'), 'dap']);
  let guestOutput = '';
  client.on('event:output', ({ category, output }) => {
    if (category === 'stdout') guestOutput += output;
    else if (category !== 'telemetry') say(indented(output));
  });
  const showGuestOutput = () => {
    if (guestOutput !== '') say(indented(`guest console: ${JSON.stringify(guestOutput)}`));
    guestOutput = '';
  };

  try {
    heading('Connect to the debug adapter (node dist/cli.js dap) and launch the guest');
    const capabilities = await client.request('initialize', {
      adapterID: 'kvm-arm64',
      linesStartAt1: true,
      columnsStartAt1: true,
      pathFormat: 'path',
    });
    say(indented(`the adapter offers ${capabilities.exceptionBreakpointFilters.length} exit and exception filters`));
    const initialized = client.event('initialized');
    const launched = client.request('launch', {
      program,
      cpu: 'cortex-a57',
      memory: '128M',
      stopOnEntry: true,
      console: 'internalConsole',
    });
    // Awaited after configurationDone; until then a failure must not count as unhandled.
    launched.catch(() => undefined);
    await Promise.race([initialized, launched.then(() => initialized)]);
    const armed = await client.request('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: `exit:${EXIT}`, condition: CONDITION }],
    });
    if (!armed.breakpoints?.every((breakpoint) => breakpoint.verified))
      throw new Error(`the exit breakpoint was refused: ${armed.breakpoints?.[0]?.message}`);
    await client.request('configurationDone');
    await launched;
    say(indented(`${program.slice(root.length + 1)} assembled and loaded, exit breakpoint on ${EXIT} if ${CONDITION}`));

    let stop = await client.event('stopped');
    const threadId = stop.threadId;
    heading(`Stopped: ${stop.reason}`);
    await showCode(client, threadId);

    heading(`Continue to the first ${EXIT} that writes to the UART`);
    await client.request('continue', { threadId });
    stop = await client.event('stopped');
    if (stop.reason !== 'exception') throw new Error(`expected to stop at an exit, stopped for ${stop.reason}`);
    showGuestOutput();
    const info = await client.request('exceptionInfo', { threadId });
    say(indented(`${info.exceptionId}: ${info.description}`));
    say(indented(info.details?.stackTrace ?? ''));

    heading('Registers');
    await showRegisters(client, threadId);

    heading('Disassembly');
    await showCode(client, threadId);

    heading(`Step ${STEPS} instructions`);
    await client.request('setExceptionBreakpoints', { filters: [] });
    for (let step = 0; step < STEPS; step++) {
      await client.request('stepIn', { threadId, granularity: 'instruction' });
      await client.event('stopped');
      await showCode(client, threadId, 1);
    }

    heading('Continue to power-off');
    const terminated = client.event('terminated');
    await client.request('continue', { threadId });
    await terminated;
    showGuestOutput();
    await client.request('disconnect');
    const status = await client.ended;
    if (status !== 0) throw new Error(`the server ended with status ${status}`);
    say(indented('the guest powered off, the adapter ended'));
  } catch (error) {
    client.kill();
    throw error;
  }
}

/** The instructions at the top frame, the current one marked. */
async function showCode(client, threadId, count = 7) {
  const { stackFrames } = await client.request('stackTrace', { threadId, levels: 1 });
  const [frame] = stackFrames;
  const before = Math.floor(count / 3);
  const memoryReference = frame.instructionPointerReference;
  const { instructions } = await client.request('disassemble', {
    memoryReference,
    instructionOffset: -before,
    instructionCount: count,
    resolveSymbols: true,
  });
  instructions.forEach((row, index) => {
    const mark = index === before ? '->' : '  ';
    const symbol = row.symbol === undefined ? '' : `<${row.symbol}>: `;
    say(`   ${mark} ${row.address}  ${row.instructionBytes ?? ''}  ${symbol}${row.instruction}`);
  });
}

const REGISTERS = /^(x0|x1|x2|x3|x30|sp|pc|PSTATE|EL)$/i;

async function showRegisters(client, threadId) {
  const { stackFrames } = await client.request('stackTrace', { threadId, levels: 1 });
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0].id });
  say(indented(`scopes: ${scopes.map((scope) => scope.name).join(', ')}`));
  for (const scope of scopes.slice(0, 2)) {
    const { variables } = await client.request('variables', { variablesReference: scope.variablesReference });
    const shown = scope === scopes[0] ? variables.filter(({ name }) => REGISTERS.test(name)) : variables;
    say(indented(`${scope.name}: ${shown.map(({ name, value }) => `${name}=${value}`).join('  ')}`));
  }
}
