import * as vscode from 'vscode';

const scheme = 'kvm-arm64-view';
const debugType = 'kvm-arm64';

/** Read-only documents that hold the answer of a command of the Debug Console, asked again whenever the guest stops or another vCPU is looked at. */
export class ViewDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;
  private readonly open = new Map<string, vscode.Uri>();
  /** What was last answered: it stays when the guest is gone. */
  private readonly answers = new Map<string, string>();
  private readonly subscriptions = [
    vscode.workspace.registerTextDocumentContentProvider(scheme, this),
    vscode.debug.onDidChangeActiveStackItem(() => this.refresh()),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.closed(uri)),
    this.changes,
  ];

  /** Shows what a command answers. Throws where the debugger refuses it. */
  async show(title: string, command: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${title}`, query: command });
    this.answers.set(uri.toString(), await ask(command));
    this.open.set(uri.toString(), uri);
    this.changes.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: false, viewColumn: column() });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const key = uri.toString();
    this.open.set(key, uri);
    try {
      this.answers.set(key, await ask(uri.query));
    } catch {
      // The guest runs or has ended: the last answer stays.
    }
    return this.answers.get(key) ?? 'There is no guest to ask: start debugging one.\n';
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private refresh(): void {
    for (const uri of this.open.values()) this.changes.fire(uri);
  }

  private closed(uri: vscode.Uri): void {
    this.open.delete(uri.toString());
    this.answers.delete(uri.toString());
  }
}

/** The debug session of a guest that the person looks at. Says so where there is none. */
export function guestSession(): vscode.DebugSession | undefined {
  const session = vscode.debug.activeDebugSession;
  if (session?.type === debugType) return session;
  void vscode.window.showInformationMessage('This needs a running debug session of a guest.');
  return undefined;
}

/** Beside what the person works in, all in one column. */
function column(): vscode.ViewColumn {
  const isOurs = ({ input }: vscode.Tab): boolean => input instanceof vscode.TabInputText && input.uri.scheme === scheme;
  return vscode.window.tabGroups.all.find(({ tabs }) => tabs.some(isOurs))?.viewColumn ?? vscode.ViewColumn.Beside;
}

async function ask(command: string): Promise<string> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) throw new Error('there is no debug session of a guest');
  const item = vscode.debug.activeStackItem;
  const frame = item instanceof vscode.DebugStackFrame ? { frameId: item.frameId } : {};
  const { result } = (await session.customRequest('evaluate', { expression: command, context: 'repl', ...frame })) as {
    readonly result: string;
  };
  return `${result}\n`;
}
