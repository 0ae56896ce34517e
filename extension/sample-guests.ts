import * as vscode from 'vscode';

/** A bare-metal guest that comes with the extension. */
export interface SampleGuest {
  readonly name: string;
  readonly uri: vscode.Uri;
}

/** The sources in the package, by name. */
export async function sampleGuests(context: vscode.ExtensionContext): Promise<SampleGuest[]> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'dist', 'guests');
  const entries = await vscode.workspace.fs.readDirectory(folder);
  return entries.filter(([name]) => /\.s$/i.test(name)).map(([name]) => ({ name, uri: vscode.Uri.joinPath(folder, name) }));
}
