import * as vscode from 'vscode';
import { AdapterFactory } from './adapter-factory.ts';
import { registerCommands } from './commands.ts';
import { ConfigurationProvider } from './configuration-provider.ts';
import { GuestConsoles } from './console/guest-consoles.ts';
import { ExitContext } from './exit-context.ts';

const debugType = 'kvm-arm64';

/** Called by VS Code when a guest is to be debugged or a command of the extension is run. */
export function activate(context: vscode.ExtensionContext): void {
  const consoles = new GuestConsoles();
  context.subscriptions.push(
    vscode.debug.registerDebugConfigurationProvider(debugType, new ConfigurationProvider(context)),
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, new AdapterFactory(context)),
    vscode.debug.registerDebugAdapterTrackerFactory(debugType, consoles),
    vscode.debug.registerDebugAdapterTrackerFactory(debugType, new ExitContext()),
    consoles,
    ...registerCommands(context, consoles),
  );
}

export function deactivate(): void {}
