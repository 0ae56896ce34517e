import { EscapeKeys, escapeHelp } from './escape.ts';

/** The guest's console on this process's stdin and stdout. A terminal is put into raw mode: every key goes to the guest. */
export class Terminal {
  /** Input that the guest has not been given yet. */
  private readonly input: Uint8Array[] = [];
  private readonly escapes = new EscapeKeys();
  private wake: (() => void) | undefined;
  private readonly interactive = process.stdin.isTTY === true;
  /** Ctrl-A X, or a signal. */
  quit = false;
  /** No more input will come. */
  ended = false;

  open(): void {
    if (this.interactive) process.stdin.setRawMode(true);
    process.stdin.on('data', (data: Uint8Array) => this.typed(data));
    process.stdin.on('end', () => this.end());
    process.stdin.on('error', () => this.end());
    process.stdout.on('error', () => this.stop());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.stop());
  }

  close(): void {
    if (this.interactive) process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stdin.unref?.();
  }

  /** Writes console output; resolves when more can follow. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.quit) return;
    if (process.stdout.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        process.stdout.off('drain', done).off('close', done).off('error', done);
        resolve();
      };
      process.stdout.on('drain', done).on('close', done).on('error', done);
    });
  }

  /** What was typed since the last call. */
  takeInput(): Uint8Array | undefined {
    return this.input.length === 0 ? undefined : Buffer.concat(this.input.splice(0));
  }

  /** Waits for input, its end, or the time to pass. True: it was not the time. */
  waitForInput(milliseconds: number): Promise<boolean> {
    if (this.input.length > 0 || this.quit) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (woken: boolean): void => {
        this.wake = undefined;
        clearTimeout(timer);
        resolve(woken);
      };
      // Longer than any timer of Node takes: looked at again then.
      const timer = setTimeout(() => done(false), Math.min(milliseconds, 2 ** 31 - 1));
      this.wake = () => done(true);
    });
  }

  private typed(data: Uint8Array): void {
    if (!this.interactive) this.input.push(data);
    else {
      const { bytes, quit, help } = this.escapes.take(data);
      if (help) process.stderr.write(escapeHelp);
      if (bytes.length > 0) this.input.push(bytes);
      if (quit) this.quit = true;
    }
    this.wake?.();
  }

  private end(): void {
    this.ended = true;
    this.wake?.();
  }

  private stop(): void {
    this.quit = true;
    this.wake?.();
  }
}
