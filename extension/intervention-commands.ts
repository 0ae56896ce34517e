import * as vscode from 'vscode';
import { serrorFields } from '../emulator/machine/serror.ts';
import { exitAnswers } from './exit-context.ts';
import { guestSession } from './view-documents.ts';

/** What VS Code hands to a command in the menu of a variable. */
interface VariableItem {
  readonly variable?: { readonly memoryReference?: string; readonly evaluateName?: string; readonly value?: string };
}

/** Commands that do something to the machine by hand; each is a line of the Debug Console, put together here. */
export function registerInterventions(): vscode.Disposable[] {
  const command = (
    id: string,
    run: (session: vscode.DebugSession, item?: VariableItem) => Promise<string | undefined>,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(id, async (item?: VariableItem) => {
      const session = guestSession();
      if (!session) return;
      const line = await run(session, item);
      if (line !== undefined) await intervene(session, line);
    });
  return [
    command('kvmArm64.answerExit', answer),
    command('kvmArm64.injectDataAbort', async () => 'inject dabt'),
    command('kvmArm64.injectInstructionAbort', async () => 'inject iabt'),
    command('kvmArm64.injectSError', injectSError),
    command('kvmArm64.completeMmio', completeMmio),
    command('kvmArm64.resumeExit', async () => 'resume'),
    command('kvmArm64.poison', poison),
    command('kvmArm64.unpoison', unpoison),
  ];
}

/** The adapter tells in the Debug Console what came of it; what cannot be done it says as a sentence. */
async function intervene(session: vscode.DebugSession, command: string): Promise<void> {
  const threadId = vscode.debug.activeStackItem?.threadId;
  try {
    const { account } = (await session.customRequest('kvmArm64.intervene', {
      command,
      ...(threadId === undefined ? {} : { threadId }),
    })) as { readonly account: string };
    vscode.window.setStatusBarMessage(account, 10_000);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

/** The answers that the exit at hand has, to choose from. */
async function answer(session: vscode.DebugSession): Promise<string | undefined> {
  const { exit, summary, answers } = await exitAnswers(session);
  if (exit === undefined || answers.length === 0) {
    const why = exit === undefined ? 'The guest is not stopped at an exit' : `${exit} has no other answer, or has been answered already`;
    void vscode.window.showInformationMessage(`${why}. Switch on a filter such as KVM_EXIT_MMIO in the Breakpoints view and continue.`);
    return undefined;
  }
  const items = answers.map(({ answer, title }) => ({ label: answer, detail: title }));
  const chosen = await vscode.window.showQuickPick(items, { title: `Answer ${exit}`, placeHolder: summary ?? '' });
  if (chosen?.label === 'inject-serror') return injectSError();
  if (chosen?.label === 'complete') return completeMmio(session);
  return chosen?.label.replace('-', ' ');
}

/** Asks for the syndrome by the names of its fields. */
async function injectSError(): Promise<string | undefined> {
  const [aet, dfsc] = ['AET', 'DFSC'].map((name) => serrorFields.find((field) => field.name === name)!.choices);
  const kinds = [
    { label: 'No syndrome', detail: 'KVM gives IDS = 1: IMPLEMENTATION DEFINED', line: 'inject serror' },
    { label: 'Architected syndrome…', detail: 'AET and DFSC by name (needs FEAT_RAS)', line: undefined },
    { label: 'Whole ISS…', detail: '25 bits as a number (needs FEAT_RAS)', line: undefined },
  ];
  const kind = await vscode.window.showQuickPick(kinds, { title: 'Inject SError', placeHolder: 'Syndrome of the SError' });
  if (!kind || kind.line !== undefined) return kind?.line;
  if (kind === kinds[2]) {
    const iss = await vscode.window.showInputBox({
      title: 'Inject SError: ISS',
      value: '0x0',
      validateInput: (text) =>
        /^(0x[0-9a-f]+|[0-9]+)$/i.test(text.trim()) && BigInt(text.trim()) < 1n << 25n ? undefined : 'A number of 25 bits, such as 0x11',
    });
    return iss === undefined ? undefined : `inject serror iss=${iss.trim()}`;
  }
  const items = (choices: typeof aet) => choices!.map(({ name, meaning, value }) => ({ label: name, description: meaning, value }));
  const type = await vscode.window.showQuickPick(items(aet), { title: 'Inject SError: AET', placeHolder: 'Asynchronous error type' });
  const status =
    type && (await vscode.window.showQuickPick(items(dfsc), { title: 'Inject SError: DFSC', placeHolder: 'Fault status code' }));
  return status && `inject serror aet=${type.value} dfsc=${status.value}`;
}

/** Asks a load for its value; a store has none. */
async function completeMmio(session: vscode.DebugSession): Promise<string | undefined> {
  const { exit, summary, write, answers } = await exitAnswers(session);
  if (!answers.some(({ answer }) => answer === 'complete')) {
    void vscode.window.showInformationMessage(`${exit ?? 'The guest'} is not at an MMIO access that waits to be completed.`);
    return undefined;
  }
  if (write) return 'complete';
  const value = await vscode.window.showInputBox({
    title: 'Complete MMIO with Value',
    prompt: `${summary}: the value it gets`,
    value: '0x0',
    validateInput: (text) => problemOf(session, text),
  });
  return value === undefined ? undefined : `complete ${value}`;
}

/** Why an expression has no value; undefined: it has. */
async function problemOf(session: vscode.DebugSession, expression: string): Promise<string | undefined> {
  if (expression.trim() === '') return 'A number or an expression, such as 0x1 or x0 + 4';
  try {
    await session.customRequest('evaluate', { expression, context: 'watch' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const poisonOptions = [
  { label: 'data', description: 'loads, stores that merge, cache maintenance', picked: true },
  { label: 'instruction', description: 'instruction fetches', picked: true },
  { label: 'walk', description: 'walks of translation tables', picked: true },
  { label: 'once', description: 'good again after it was consumed once', picked: false },
];

const severities = [
  { label: 'UER', description: 'uncorrected, recoverable' },
  { label: 'UEO', description: 'uncorrected, restartable' },
  { label: 'UC', description: 'uncontainable' },
  { label: 'CE', description: 'corrected: counted, and noticed by nobody' },
];

/** Asks where, who trips over it and how bad it is. In the menu of a variable: what it points to. */
async function poison(session: vscode.DebugSession, item?: VariableItem): Promise<string | undefined> {
  const range = await vscode.window.showInputBox({
    title: 'Poison Memory',
    prompt: 'va:, ipa: or pa:, an address and + bytes; or a symbol or an expression. Lines of 64 bytes go bad.',
    value: item?.variable?.memoryReference ?? (await exitAddress(session)) ?? 'sp',
    validateInput: (text) => (/^(va|ipa|pa):/.test(text.trim()) ? undefined : problemOf(session, text)),
  });
  if (range === undefined) return undefined;
  const chosen = await vscode.window.showQuickPick(poisonOptions, { title: 'Poison Memory: who consumes it', canPickMany: true });
  if (!chosen) return undefined;
  const severity = await vscode.window.showQuickPick(severities, { title: 'Poison Memory: severity', placeHolder: 'How bad it is' });
  return severity && ['poison', range.trim(), ...chosen.map(({ label }) => label), severity.label].join(' ');
}

/** Guest physical address of the exit at hand. */
async function exitAddress(session: vscode.DebugSession): Promise<string | undefined> {
  for (const name of ['gpa', 'phys_addr']) {
    try {
      const { result } = (await session.customRequest('evaluate', { expression: `${name},x`, context: 'watch' })) as {
        readonly result: string;
      };
      if (BigInt(result) !== 0n) return `ipa:${result}`;
    } catch {
      // Not this exit's.
    }
  }
  return undefined;
}

async function unpoison(session: vscode.DebugSession): Promise<string | undefined> {
  const { result } = (await session.customRequest('evaluate', { expression: 'poisoned', context: 'repl' })) as { readonly result: string };
  const lines = result.split('\n').filter((line) => line.startsWith('#'));
  if (lines.length === 0) {
    void vscode.window.showInformationMessage('No memory is poisoned.');
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(['all', ...lines], {
    title: 'Clear Poison',
    placeHolder: 'Memory that becomes good again',
  });
  return chosen && `unpoison ${chosen === 'all' ? chosen : /[0-9]+/.exec(chosen)![0]}`;
}
