import * as vscode from 'vscode';

/** A bare-metal guest that comes with the extension, and how it is launched. */
export interface SampleGuest {
  readonly name: string;
  readonly uri: vscode.Uri;
  readonly configuration: vscode.DebugConfiguration;
}

const WORKSPACE = '${workspaceFolder}/';

/** The guests in the package: sources by name, then the scenarios. */
export async function sampleGuests(context: vscode.ExtensionContext): Promise<SampleGuest[]> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'dist', 'guests');
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const plain = entries.filter(([name]) => /\.s$/i.test(name)).map(([name]) => plainGuest(name, vscode.Uri.joinPath(folder, name)));
  return [...plain, ...(await scenarios(vscode.Uri.joinPath(folder, 'scenarios')))];
}

const plainGuest = (name: string, uri: vscode.Uri): SampleGuest => ({
  name,
  uri,
  configuration: { type: 'kvm-arm64', request: 'launch', name, program: uri.fsPath, stopOnEntry: true },
});

/** Launch configurations for a folder that has the sources, with the sources where they are. */
async function scenarios(folder: vscode.Uri): Promise<SampleGuest[]> {
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, 'launch.json')));
  const { configurations } = JSON.parse(text) as { readonly configurations: readonly vscode.DebugConfiguration[] };
  return configurations.map((configuration) => {
    const uri = vscode.Uri.joinPath(folder, String(configuration['program']).replace(WORKSPACE, ''));
    return { name: configuration.name, uri, configuration: { ...configuration, program: uri.fsPath } };
  });
}
