/** What a guest has written to its console, and waiting for a text in it. */
import type { Readable } from 'node:stream';

export class Console {
  private text = '';
  private look = (): void => {};

  /** @param stream where the console goes; without one, `add` is called. */
  constructor(stream?: Readable) {
    stream?.on('data', (chunk: Buffer) => this.add(chunk.toString('latin1')));
  }

  add(text: string): void {
    this.text += text;
    this.look();
  }

  has(text: string): boolean {
    return this.text.includes(text);
  }

  /** Resolves when the text has been written; false when it has not within so many seconds. */
  shows(text: string, patience: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (seen: boolean) => {
        clearTimeout(timer);
        this.look = () => {};
        resolve(seen);
      };
      const timer = setTimeout(() => end(false), patience * 1000);
      this.look = () => {
        if (this.has(text)) end(true);
      };
      this.look();
    });
  }

  /** The last lines, for the report of a failure. */
  tail(lines = 5): string {
    return this.text.trimEnd().split('\n').slice(-lines).join('\n');
  }
}
