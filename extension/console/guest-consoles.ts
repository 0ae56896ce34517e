import * as vscode from 'vscode';
import { GuestTerminal } from './guest-terminal.ts';
import { consoleEvent, inputRequest } from './messages.ts';

/** A terminal per debug session whose guest writes to one. */
export class GuestConsoles implements vscode.DebugAdapterTrackerFactory, vscode.Disposable {
  private readonly terminals = new Map<string, GuestTerminal>();

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    return {
      onWillStartSession: () => {
        if (session.configuration['console'] === 'integratedTerminal') this.open(session);
      },
      onDidSendMessage: (message: { readonly type?: string; readonly event?: string; readonly body?: { readonly text?: string } }) => {
        if (message.type === 'event' && message.event === consoleEvent) this.terminals.get(session.id)?.write(message.body?.text ?? '');
      },
      onWillStopSession: () => this.terminals.get(session.id)?.end(),
    };
  }

  /** Brings the terminal of the active session to the front. */
  show(): void {
    const { activeDebugSession } = vscode.debug;
    const terminal = activeDebugSession ? this.terminals.get(activeDebugSession.id) : [...this.terminals.values()].at(-1);
    if (terminal) terminal.show(false);
    else void vscode.window.showInformationMessage('No guest with a console is running.');
  }

  dispose(): void {
    for (const terminal of this.terminals.values()) terminal.dispose();
  }

  private open(session: vscode.DebugSession): void {
    const send = (text: string): void => {
      // A key pressed after the guest ended goes nowhere.
      session.customRequest(inputRequest, { text }).then(undefined, () => {});
    };
    const terminal = new GuestTerminal(`Guest: ${session.name}`, send);
    this.terminals.set(session.id, terminal);
    terminal.show(true);
  }
}
