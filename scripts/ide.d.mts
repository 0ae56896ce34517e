export interface WorkbenchServer {
  readonly url: string;
  stop(): void;
  readonly ended: Promise<unknown>;
  output(): string;
}
export function installWorkbench(log?: (line: string) => void): void;
export function makeProfile(profile: string, vsix?: string): void;
export function startWorkbench(profile: string, options?: { port?: number; timeout?: number }): Promise<WorkbenchServer>;
