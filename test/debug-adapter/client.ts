import type { DebugProtocol } from '@vscode/debugprotocol';

/** Something messages can be sent to and come from: a session in this process, or a server. */
export interface Line {
  send(message: unknown): void;
  onMessage(listener: (message: any) => void): void;
}

/** A DAP client for tests. */
export class Client {
  private seq = 1;
  private readonly answers = new Map<number, (response: DebugProtocol.Response) => void>();
  private readonly events: DebugProtocol.Event[] = [];
  private wake: () => void = () => {};
  readonly output: string[] = [];
  /** Names of all events, in order. */
  readonly seen: string[] = [];

  constructor(private readonly line: Line) {
    line.onMessage((message) => {
      if (message.type === 'response') this.answers.get(message.request_seq)?.(message);
      else if (message.type === 'event') {
        this.seen.push(message.event);
        if (message.event === 'output') this.output.push(message.body.output);
        this.events.push(message);
        this.wake();
      }
    });
  }

  /** The whole response, failed or not. */
  ask(command: string, args?: unknown): Promise<DebugProtocol.Response> {
    const seq = this.seq++;
    return new Promise((resolve) => {
      this.answers.set(seq, resolve);
      this.line.send({ seq, type: 'request', command, arguments: args });
    });
  }

  /** The body of a response that must be a success. */
  async request(command: string, args?: unknown): Promise<any> {
    const response = await this.ask(command, args);
    if (!response.success) throw new Error(`${command}: ${response.message}`);
    return response.body;
  }

  /** The message of a response that must be a failure. */
  async refusal(command: string, args?: unknown): Promise<string> {
    const response = await this.ask(command, args);
    if (response.success) throw new Error(`${command} succeeded: ${JSON.stringify(response.body)}`);
    return response.message!;
  }

  /** The next event of that name, past or to come; those before it are dropped. */
  async event(name: string): Promise<any> {
    for (;;) {
      const at = this.events.findIndex((e) => e.event === name);
      if (at >= 0) return this.events.splice(0, at + 1).at(-1)!.body;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Initialize, launch, whatever configures, configurationDone. Resolves when the launch has succeeded. */
  async launch(configuration: object, configure: () => Promise<unknown> = async () => {}, capabilities: object = {}): Promise<any> {
    const shows = { supportsVariableType: true, supportsMemoryReferences: true };
    const abilities = await this.request('initialize', { adapterID: 'kvm-arm64', linesStartAt1: true, ...shows, ...capabilities });
    const launched = this.ask('launch', configuration);
    const started = await Promise.race([this.event('initialized').then(() => true), launched.then(() => false)]);
    if (started) {
      await configure();
      await this.request('configurationDone');
    }
    const response = await launched;
    if (!response.success) throw new Error(response.message);
    return abilities;
  }
}
