/** A small client of the debug adapter protocol over a child process's stdin and stdout. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

const HEADER_END = '\r\n\r\n';

export class DapClient extends EventEmitter {
  #child;
  #sequence = 0;
  #received = Buffer.alloc(0);
  #pending = new Map();
  /** By name: events that nobody awaited, and those who await the next. */
  #past = new Map();
  #awaiting = new Map();
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
      for (const { reject, what } of this.#pending.values()) reject(new Error(`the server ended with status ${status} before ${what}`));
      this.#pending.clear();
      return status;
    });
  }

  /** Sends a request and resolves with the body of its response. */
  request(command, args = {}) {
    const seq = ++this.#sequence;
    const json = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(json)}${HEADER_END}${json}`);
    return new Promise((resolve, reject) => this.#pending.set(seq, this.#inTime(resolve, reject, `an answer to ${command}`)));
  }

  /** Resolves with the body of the next event of that name that nobody awaited yet. */
  event(name) {
    const past = this.#past.get(name);
    if (past?.length > 0) return Promise.resolve(past.shift());
    return new Promise((resolve, reject) => {
      const awaiting = this.#awaiting.get(name) ?? [];
      this.#awaiting.set(name, awaiting);
      awaiting.push(this.#inTime(resolve, reject, `the event ${name}`));
    });
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  #inTime(resolve, reject, what) {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${this.#timeout / 1000} s`)), this.#timeout);
    return {
      what,
      resolve: (body) => {
        clearTimeout(timer);
        resolve(body);
      },
      reject: (error) => {
        clearTimeout(timer);
        reject(error);
      },
    };
  }

  #receive(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      const headerEnd = this.#received.indexOf(HEADER_END);
      if (headerEnd < 0) return;
      const length = Number(/Content-Length: *(\d+)/i.exec(this.#received.latin1Slice(0, headerEnd))?.[1]);
      if (!Number.isInteger(length)) throw new Error('the server sent a header without Content-Length');
      const start = headerEnd + HEADER_END.length;
      const end = start + length;
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.utf8Slice(start, end));
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
      const { event, body = {} } = message;
      const awaiting = this.#awaiting.get(event);
      if (awaiting?.length > 0) awaiting.shift().resolve(body);
      else if (event !== 'output') this.#past.set(event, [...(this.#past.get(event) ?? []), body]);
      this.emit(`event:${event}`, body);
    }
  }
}
