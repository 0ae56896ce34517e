import * as vscode from 'vscode';

/** The guest's console as a terminal: what the guest writes is shown as it is, keys go to the guest as they are. */
export class GuestTerminal implements vscode.Pseudoterminal {
  private readonly writeEmitter = new vscode.EventEmitter<string>();
  private readonly closeEmitter = new vscode.EventEmitter<number | undefined>();
  /** Output from before the terminal was opened: VS Code drops what is written then. */
  private early: string[] | undefined = [];
  private readonly terminal: vscode.Terminal;
  readonly onDidWrite = this.writeEmitter.event;
  readonly onDidClose = this.closeEmitter.event;

  constructor(
    name: string,
    private send: ((text: string) => void) | undefined,
  ) {
    this.terminal = vscode.window.createTerminal({ name, pty: this, iconPath: new vscode.ThemeIcon('circuit-board') });
  }

  show(preserveFocus: boolean): void {
    this.terminal.show(preserveFocus);
  }

  open(): void {
    for (const text of this.early ?? []) this.writeEmitter.fire(text);
    this.early = undefined;
  }

  close(): void {
    this.send = undefined;
  }

  handleInput(text: string): void {
    this.send?.(text);
  }

  write(text: string): void {
    // A guest that sends bare line feeds relies on its terminal to return the carriage.
    const shown = text.replace(/(?<!\r)\n/g, '\r\n');
    if (this.early) this.early.push(shown);
    else this.writeEmitter.fire(shown);
  }

  /** The guest is gone; what it wrote stays to be read. */
  end(): void {
    this.send = undefined;
    this.write('\r\n[guest ended]\r\n');
  }

  dispose(): void {
    this.terminal.dispose();
    this.writeEmitter.dispose();
    this.closeEmitter.dispose();
  }
}
