import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Line } from './client.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = new URL('./golden/', import.meta.url);

/** Set to record the transcripts anew; review the difference before committing it. */
const rewrite = process.env['UPDATE_GOLDEN'] === '1';

interface Entry {
  readonly head: string;
  body: unknown;
}

/** Writes down what passes over a line, as text that is the same in every run: no numbers of messages, no machine paths. */
export class Transcript {
  private readonly entries: Entry[] = [];
  private readonly commands = new Map<number, string>();

  /** The same line, listened to. */
  on(line: Line): Line {
    line.onMessage((message) => this.received(message));
    return {
      send: (message: any) => {
        this.commands.set(message.seq, message.command);
        this.entries.push({ head: `→ ${message.command}`, body: message.arguments });
        line.send(message);
      },
      onMessage: (listener) => line.onMessage(listener),
    };
  }

  /** Compares with the recorded transcript. */
  check(name: string): void {
    const file = new URL(`${name}.txt`, folder);
    const text = this.text();
    if (rewrite || !existsSync(file)) {
      assert.ok(rewrite || process.env['CI'] !== 'true', `there is no recorded transcript ${name}: record it with UPDATE_GOLDEN=1`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    assert.equal(text, readFileSync(file, 'utf8'));
  }

  private received(message: any): void {
    if (message.type === 'response') {
      const failed = message.success ? '' : ` failed: ${message.message}`;
      this.entries.push({ head: `← ${this.commands.get(message.request_seq)}${failed}`, body: message.success ? message.body : undefined });
      return;
    }
    const { event, body } = message;
    const last = this.entries.at(-1);
    // How console output is cut into events depends on time.
    if (event === 'output' && last?.head === '← event output' && (last.body as any).category === body.category) {
      last.body = { ...body, output: (last.body as any).output + body.output };
    } else this.entries.push({ head: `← event ${event}`, body });
  }

  private text(): string {
    const lines = this.entries.map(({ head, body }) =>
      body === undefined ? head : `${head} ${JSON.stringify(body, undefined, 1).replace(/\n */g, ' ')}`,
    );
    return `${lines.join('\n').replaceAll(root, '<root>/')}\n`;
  }
}
