/** What adapter and extension say to each other beyond the protocol, about the guest's console. */

/** Event: characters the guest wrote. */
export const consoleEvent = 'kvmArm64.console';
/** Request: keystrokes for the guest. */
export const inputRequest = 'kvmArm64.input';

export interface ConsoleText {
  readonly text: string;
}
