import * as vscode from 'vscode';
import { sampleGuests } from './sample-guests.ts';

/** Completes launch configurations: without a launch.json, F5 in a guest's source runs that source. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async provideDebugConfigurations(): Promise<vscode.DebugConfiguration[]> {
    const guests = await sampleGuests(this.context);
    return [
      {
        type: 'kvm-arm64',
        request: 'launch',
        name: 'Boot Linux',
        kernel: '${workspaceFolder}/Image',
        initrd: '${workspaceFolder}/initramfs.cpio.gz',
        append: 'console=ttyAMA0 nokaslr',
        memory: '512M',
        stopOnEntry: true,
      },
      ...guests
        .slice(0, 1)
        .map((guest) => ({ type: 'kvm-arm64', request: 'launch', name: `Sample: ${guest.name}`, program: guest.uri.fsPath })),
    ];
  }

  resolveDebugConfiguration(
    _: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    if (!configuration.type && !configuration.request && !configuration.name) {
      const document = vscode.window.activeTextEditor?.document;
      if (!document || !/\.s$/i.test(document.fileName)) {
        void vscode.window.showErrorMessage('Open the .S source of a guest, or add a launch configuration of type kvm-arm64.');
        return undefined;
      }
      return { ...withConsole(configuration), type: 'kvm-arm64', request: 'launch', name: 'Guest', program: document.fileName };
    }
    return withConsole(configuration);
  }
}

/** Here is a terminal to show the guest's console in; the Debug Console need not come to the front then. */
function withConsole(configuration: vscode.DebugConfiguration): vscode.DebugConfiguration {
  const console = configuration['console'] ?? 'integratedTerminal';
  const panel = console === 'integratedTerminal' ? { internalConsoleOptions: configuration['internalConsoleOptions'] ?? 'neverOpen' } : {};
  return { ...configuration, console, ...panel };
}
