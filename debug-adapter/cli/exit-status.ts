/** Exit statuses of `kvm-arm64`. */
export const exitStatus = {
  powerOff: 0,
  usage: 1,
  /** The emulator had to stop. */
  stopped: 2,
  /** Translated code did something else than the interpreter. */
  different: 3,
  reset: 4,
  timeout: 124,
  /** The person quit at the console, or a signal ended the program. */
  interrupted: 130,
} as const;

/** The program ends with this status after this message. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly status: number = exitStatus.usage,
  ) {
    super(message);
  }
}
