import * as vscode from 'vscode';
import type { GuestConsoles } from './console/guest-consoles.ts';
import { registerInterventions } from './intervention-commands.ts';
import { sampleGuests } from './sample-guests.ts';
import { guestSession, ViewDocuments } from './view-documents.ts';

/** Commands of the palette, by the names the manifest gives them. */
export function registerCommands(context: vscode.ExtensionContext, consoles: GuestConsoles): vscode.Disposable[] {
  const documents = new ViewDocuments();
  return [
    documents,
    ...registerInterventions(),
    vscode.commands.registerCommand('kvmArm64.showConsole', () => consoles.show()),
    vscode.commands.registerCommand('kvmArm64.debugSample', () => debugSample(context)),
    vscode.commands.registerCommand('kvmArm64.debugFile', (uri?: vscode.Uri) =>
      debugFile(uri ?? vscode.window.activeTextEditor?.document.uri),
    ),
    vscode.commands.registerCommand('kvmArm64.translate', () => translate(documents)),
    vscode.commands.registerCommand('kvmArm64.showPageTables', () => showPageTables(documents)),
    vscode.commands.registerCommand('kvmArm64.showMemslots', () => showMemslots(documents)),
  ];
}

async function debugSample(context: vscode.ExtensionContext): Promise<void> {
  const guests = await sampleGuests(context);
  const chosen = await vscode.window.showQuickPick(
    guests.map((guest) => ({ label: guest.name, description: guest.uri.path.split('/').at(-1)!, guest })),
    { placeHolder: 'Sample guest to debug', matchOnDescription: true },
  );
  if (!chosen) return;
  const { uri, configuration } = chosen.guest;
  await vscode.window.showTextDocument(uri);
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), configuration);
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

/** Shows a document; the person reads why where it cannot be. */
async function show(documents: ViewDocuments, title: string, command: string): Promise<void> {
  try {
    await documents.show(title, command);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

/** Asks for an address and shows how it is translated on the vCPU in focus. */
async function translate(documents: ViewDocuments): Promise<void> {
  if (!guestSession()) return;
  const address = await vscode.window.showInputBox({
    title: 'Translate an Address',
    prompt: 'va:… or ipa:… and an expression; behind it read, write or fetch, el0 or el1, full',
    value: '$sp',
    validateInput: (text) => (text.trim() === '' ? 'Give an address, for instance va:sp write' : undefined),
  });
  if (address !== undefined) await show(documents, `Translation of ${address.trim()}`, `translate ${address.trim()}`);
}

const tables = [
  { label: 'TTBR0_EL1', description: 'stage 1, lower range of virtual addresses: user space', command: 'pagetable ttbr0' },
  { label: 'TTBR1_EL1', description: 'stage 1, upper range of virtual addresses: the kernel', command: 'pagetable ttbr1' },
  { label: 'VTTBR_EL2', description: 'stage 2: what KVM has mapped of guest physical addresses', command: 'pagetable stage2' },
];

/** Asks which tables and shows them as a map. */
async function showPageTables(documents: ViewDocuments): Promise<void> {
  if (!guestSession()) return;
  const chosen = await vscode.window.showQuickPick(tables, { title: 'Show Page Tables', placeHolder: 'Register that holds the tables' });
  if (chosen) await show(documents, `${chosen.label} page tables`, chosen.command);
}

async function showMemslots(documents: ViewDocuments): Promise<void> {
  if (guestSession()) await show(documents, 'Memory slots', 'memslots');
}
