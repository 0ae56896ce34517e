/** A debug session through the adapter as a process of its own (`kvm-arm64 dap`), as editors hold it. */
import engineFlags from '../../../debug-adapter/engine-flags.json' with { type: 'json' };
// @ts-expect-error plain JavaScript
import { DapClient } from '../../../scripts/dap-client.mjs';
import { Console } from './console.ts';

/** Seconds that anything awaited may take. */
const PATIENCE = 300;

export class DebugSession {
  readonly console = new Console();
  /** Log messages so far. */
  logged = 0;

  private constructor(readonly client: any) {
    client.on('event:output', ({ category, output }: { category: string; output: string }) => {
      if (category === 'stdout') this.console.add(output);
      else if (category === 'console') this.logged += output.split('\n').length - 1;
    });
  }

  /** A session that stands at its guest's entry. */
  static async atEntry(program: string, configuration: object): Promise<DebugSession> {
    const client = new DapClient(process.execPath, [...engineFlags, program, 'dap'], { timeout: PATIENCE * 1000 });
    const session = new DebugSession(client);
    try {
      await client.request('initialize', { adapterID: 'kvm-arm64' });
      const launched = client.request('launch', { ...configuration, console: 'internalConsole', stopOnEntry: true });
      await Promise.race([launched, client.event('initialized')]);
      await client.request('configurationDone');
      await launched;
      await client.event('stopped');
      return session;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** Lets the guest go on to its next stop. */
  async toNextStop(): Promise<void> {
    const stopped = this.client.event('stopped');
    await this.client.request('continue', { threadId: 1 });
    await stopped;
  }

  /** Lets the guest go on; resolves with the seconds until the text is on the console. @throws Error when the guest stops before that. */
  async secondsUntil(text: string): Promise<number> {
    let stop: ((reason: string) => void) | undefined;
    const stopped = new Promise<string>((resolve) => {
      stop = resolve;
    });
    const onStopped = ({ description, text: more }: { description?: string; text?: string }) =>
      stop?.(`stopped: ${description ?? ''} ${more ?? ''}`);
    const onTerminated = () => stop?.('ended');
    this.client.on('event:stopped', onStopped);
    this.client.on('event:terminated', onTerminated);
    const started = performance.now();
    await this.client.request('continue', { threadId: 1 });
    const seen = await Promise.race([this.console.shows(text, PATIENCE), stopped]);
    const seconds = (performance.now() - started) / 1000;
    this.client.off('event:stopped', onStopped);
    this.client.off('event:terminated', onTerminated);
    if (seen === true || this.console.has(text)) return seconds;
    throw new Error(`the guest ${seen || 'went on'} before "${text}"; console:\n${this.console.tail()}`);
  }

  /** The value of an expression. */
  async value(expression: string): Promise<bigint> {
    const { stackFrames } = await this.client.request('stackTrace', { threadId: 1, startFrame: 0, levels: 1 });
    const { result } = await this.client.request('evaluate', {
      expression: `${expression},x`,
      context: 'watch',
      frameId: stackFrames[0].id,
    });
    const value = /0x[0-9a-f]+/i.exec(result)?.[0];
    if (value === undefined) throw new Error(`${expression} is ${result}`);
    return BigInt(value);
  }

  async end(): Promise<void> {
    this.client.kill();
    await this.client.ended;
  }
}
