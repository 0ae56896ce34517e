import { ProtocolServer } from '@vscode/debugadapter/lib/protocol.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { BreakpointBook } from './breakpoints/book.ts';
import { GuestControl, type MachineFactory } from './guest-control.ts';
import { checkArguments, withoutNulls } from './protocol/arguments.ts';
import { Handles } from './references/handles.ts';
import { RequestError } from './request-error.ts';
import { requests } from './requests/index.ts';
import type { SessionState } from './session-state.ts';

/** One debug session: takes requests to their handlers and answers to the client. Everything else is in `requests/`. */
export class AdapterSession extends ProtocolServer {
  private readonly state: SessionState = {
    client: {},
    guest: undefined,
    frames: new Handles(),
    variables: new Handles(),
    breakpoints: new BreakpointBook(),
    send: (event, body) => this.sendEvent({ seq: 0, type: 'event', event, body }),
    output: (text, category = 'console') => this.state.send('output', { category, output: text }),
  };
  private readonly control: GuestControl;
  private readonly endListeners: (() => void)[] = [];
  private drain: () => Promise<void> = () => Promise.resolve();

  /** @param newMachine Makes the machine of a guest when one is launched. */
  constructor(newMachine: (drain: () => Promise<void>) => ReturnType<MachineFactory>) {
    super();
    this.control = new GuestControl(
      () => newMachine(() => this.drain()),
      () => this.over(),
    );
  }

  /** Called once the client has disconnected and its answer is on the way. */
  onEnd(listener: () => void): void {
    this.endListeners.push(listener);
  }

  /** How to wait until the client has taken what was sent. */
  setDrain(drain: () => Promise<void>): void {
    this.drain = drain;
  }

  /** Something came in that is no message. */
  complain(reason: string): void {
    this.state.output(`protocol error: ${reason}\n`, 'stderr');
  }

  /** Ends the guest; the client is gone. */
  async close(): Promise<void> {
    await this.control.end(this.state, { quiet: true });
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    void this.answer(request);
  }

  private async answer(request: DebugProtocol.Request): Promise<void> {
    const response: DebugProtocol.Response = {
      seq: 0,
      type: 'response',
      request_seq: request.seq,
      command: String(request.command),
      success: true,
    };
    try {
      const handler = Object.hasOwn(requests, request.command) ? requests[request.command] : undefined;
      if (!handler) throw new RequestError(`the request "${String(request.command)}" is not known`);
      const body = await handler(this.argumentsOf(request), this.state, this.control);
      if (body !== undefined) response.body = body;
    } catch (error) {
      response.success = false;
      response.message = error instanceof Error ? error.message : String(error);
      // A launch that fails ends the session: the person must see why. Others show it where they were asked.
      response.body = {
        error: { id: 1, format: '{message}', variables: { message: response.message }, showUser: request.command === 'launch' },
      };
    }
    this.sendResponse(response);
    if (request.command === 'disconnect') this.tellEnd();
  }

  /** The arguments, checked. A launch configuration is the user's and has a check of its own. */
  private argumentsOf({ command, arguments: args = {} }: DebugProtocol.Request): object {
    if (command === 'launch' || command === 'restart') return args;
    checkArguments(args);
    return withoutNulls(args);
  }

  private isOver = false;

  private over(): void {
    this.isOver = true;
  }

  private tellEnd(): void {
    if (this.isOver) for (const listener of this.endListeners) listener();
  }
}
