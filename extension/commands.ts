import * as vscode from 'vscode';
import type { GuestConsoles } from './console/guest-consoles.ts';
import { sampleGuests } from './sample-guests.ts';

/** Commands of the palette, by the names the manifest gives them. */
export function registerCommands(context: vscode.ExtensionContext, consoles: GuestConsoles): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('kvmArm64.showConsole', () => consoles.show()),
    vscode.commands.registerCommand('kvmArm64.debugSample', () => debugSample(context)),
    vscode.commands.registerCommand('kvmArm64.debugFile', (uri?: vscode.Uri) =>
      debugFile(uri ?? vscode.window.activeTextEditor?.document.uri),
    ),
    vscode.commands.registerCommand('kvmArm64.translate', () => translate()),
  ];
}

async function debugSample(context: vscode.ExtensionContext): Promise<void> {
  const guests = await sampleGuests(context);
  const chosen = await vscode.window.showQuickPick(
    guests.map((guest) => ({ label: guest.name, guest })),
    { placeHolder: 'Sample guest to debug' },
  );
  if (!chosen) return;
  await vscode.window.showTextDocument(chosen.guest.uri);
  await debugFile(chosen.guest.uri);
}

async function debugFile(uri: vscode.Uri | undefined): Promise<void> {
  if (!uri) return;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  await vscode.debug.startDebugging(folder, {
    type: 'kvm-arm64',
    request: 'launch',
    name: uri.path.split('/').at(-1)!,
    program: uri.fsPath,
    stopOnEntry: true,
  });
}

/** Asks for an address and shows how it is translated on the vCPU in focus. */
async function translate(): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== 'kvm-arm64') {
    void vscode.window.showInformationMessage('Translating needs a running debug session of a guest.');
    return;
  }
  const address = await vscode.window.showInputBox({ prompt: 'Virtual address or expression to translate', value: '$sp' });
  if (!address) return;
  const { result } = (await session.customRequest('evaluate', { expression: `translate ${address}`, context: 'repl' })) as {
    readonly result: string;
  };
  vscode.debug.activeDebugConsole.appendLine(result);
  await vscode.commands.executeCommand('workbench.debug.action.focusRepl');
}
