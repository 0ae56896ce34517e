const CTRL_A = 0x01;

/** What the person's keystrokes mean. */
export interface Keystrokes {
  /** Bytes for the guest. */
  readonly bytes: Uint8Array;
  readonly quit: boolean;
  readonly help: boolean;
}

/** The escape of a terminal that is handed to a guest: Ctrl-A X quits, Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A H lists these. */
export class EscapeKeys {
  private escaped = false;

  take(typed: Uint8Array): Keystrokes {
    const bytes: number[] = [];
    let help = false;
    for (const byte of typed) {
      if (!this.escaped) {
        if (byte === CTRL_A) this.escaped = true;
        else bytes.push(byte);
        continue;
      }
      this.escaped = false;
      const key = String.fromCharCode(byte).toLowerCase();
      if (key === 'x') return { bytes: Uint8Array.from(bytes), quit: true, help };
      if (key === 'h' || key === '?') help = true;
      else if (byte === CTRL_A) bytes.push(CTRL_A);
    }
    return { bytes: Uint8Array.from(bytes), quit: false, help };
  }
}

export const escapeHelp = '\r\nCtrl-A X  quit\r\nCtrl-A H  this help\r\nCtrl-A Ctrl-A  send Ctrl-A to the guest\r\n';
