/** A small client of the debug adapter protocol over a child process's stdin and stdout. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

const HEADER_END = '\r\n\r\n';

export class DapClient extends EventEmitter {
  #child;
  #sequence = 0;
  #received = Buffer.alloc(0);
  #pending = new Map();
  #past = [];
  #timeout;

  /** @param timeout milliseconds that an answer or an awaited event may take. */
  constructor(command, args, { timeout = 60_000 } = {}) {
    super();
    this.#timeout = timeout;
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (chunk) => this.#receive(chunk));
    // A server that died cannot read: what it leaves pending is rejected by `exit`.
    this.#child.stdin.on('error', () => undefined);
    this.ended = once(this.#child, 'exit').then(([status]) => {
      for (const { reject, command: name } of this.#pending.values())
        reject(new Error(`the server ended with status ${status} before it answered ${name}`));
      return status;
    });
  }

  /** Sends a request and resolves with the body of its response. */
  request(command, args = {}) {
    const seq = ++this.#sequence;
    const message = Buffer.from(JSON.stringify({ seq, type: 'request', command, arguments: args }));
    const answer = new Promise((resolve, reject) => this.#pending.set(seq, { resolve, reject, command }));
    this.#child.stdin.write(`Content-Length: ${message.length}${HEADER_END}`);
    this.#child.stdin.write(message);
    return this.#inTime(answer, `an answer to ${command}`);
  }

  /** Resolves with the body of the next event of that name that nobody awaited yet. */
  event(name) {
    const index = this.#past.findIndex((event) => event.event === name);
    if (index >= 0) return Promise.resolve(this.#past.splice(index, 1)[0].body ?? {});
    const next = once(this, `event:${name}`).then(([body]) => {
      this.#past.splice(
        this.#past.findIndex((event) => event.event === name),
        1,
      );
      return body;
    });
    return this.#inTime(next, `the event ${name}`);
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  #inTime(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no ${what} within ${this.#timeout / 1000} s`)), this.#timeout);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  #receive(chunk) {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const headerEnd = this.#received.indexOf(HEADER_END);
      if (headerEnd < 0) return;
      const length = Number(/Content-Length: *(\d+)/i.exec(this.#received.toString('latin1', 0, headerEnd))?.[1]);
      if (!Number.isInteger(length)) throw new Error('the server sent a header without Content-Length');
      const end = headerEnd + HEADER_END.length + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', headerEnd + HEADER_END.length, end));
      this.#received = this.#received.subarray(end);
      this.#handle(message);
    }
  }

  #handle(message) {
    if (message.type === 'response') {
      const request = this.#pending.get(message.request_seq);
      this.#pending.delete(message.request_seq);
      if (message.success) request?.resolve(message.body ?? {});
      else request?.reject(new Error(`${message.command}: ${message.message}`));
    } else if (message.type === 'event') {
      if (message.event !== 'output') this.#past.push(message);
      this.emit(`event:${message.event}`, message.body ?? {});
    }
  }
}
