import * as vscode from 'vscode';

/** What the adapter says about the exit at hand (`kvmArm64.exitAnswers`). */
export interface ExitAnswers {
  readonly exit?: string;
  readonly summary?: string;
  /** A store, where it is an access. */
  readonly write?: boolean;
  readonly answers: readonly { readonly answer: string; readonly title: string }[];
}

/** The answers that the exit of the vCPU in focus has; none where there is no exit. */
export async function exitAnswers(session: vscode.DebugSession): Promise<ExitAnswers> {
  const threadId = vscode.debug.activeStackItem?.threadId;
  return (await session.customRequest('kvmArm64.exitAnswers', threadId === undefined ? {} : { threadId })) as ExitAnswers;
}

/** Answers that commands ask about in their `when` clauses, as context keys `kvmArm64.answer.…`. */
const asked = ['complete', 'inject-dabt', 'inject-iabt', 'inject-serror', 'resume'] as const;

/** Keeps the context keys in step with the exit at hand: after every stop, and after everything that was done by hand. */
export class ExitContext implements vscode.DebugAdapterTrackerFactory {
  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    return {
      onDidSendMessage: (message: { readonly type?: string; readonly event?: string; readonly body?: { readonly threadId?: number } }) => {
        if (message.type !== 'event') return;
        if (message.event === 'stopped') void this.look(session, message.body?.threadId);
        else if (message.event === 'invalidated') void this.look(session, undefined);
        else if (message.event === 'continued') this.tell(undefined);
      },
      onWillStopSession: () => this.tell(undefined),
    };
  }

  private async look(session: vscode.DebugSession, threadId: number | undefined): Promise<void> {
    try {
      this.tell((await session.customRequest('kvmArm64.exitAnswers', threadId === undefined ? {} : { threadId })) as ExitAnswers);
    } catch {
      // The guest has gone on or ended meanwhile.
      this.tell(undefined);
    }
  }

  private tell(at: ExitAnswers | undefined): void {
    const answers = at?.answers ?? [];
    void vscode.commands.executeCommand('setContext', 'kvmArm64.atExit', answers.length > 0);
    for (const kind of asked)
      void vscode.commands.executeCommand(
        'setContext',
        `kvmArm64.answer.${kind}`,
        answers.some(({ answer }) => answer === kind),
      );
  }
}
