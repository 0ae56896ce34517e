import * as vscode from 'vscode';
import engineFlags from '../debug-adapter/engine-flags.json' with { type: 'json' };

/** Starts the adapter as a process of its own, with the Node that VS Code itself runs on: nothing has to be installed. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly context: vscode.ExtensionContext) {}

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    const program = vscode.Uri.joinPath(this.context.extensionUri, 'dist', 'cli.js').fsPath;
    // In the desktop's Electron process.execPath is the editor: this variable makes it plain Node.
    return new vscode.DebugAdapterExecutable(process.execPath, [...engineFlags, program, 'dap'], { env: { ELECTRON_RUN_AS_NODE: '1' } });
  }
}
