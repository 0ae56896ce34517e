/**
 * npm start            a scripted debug session through the real debug adapter, printed as a transcript
 * npm start -- --ide   the workbench with the extension and a workspace of sample guests: desktop `code`, else in a browser
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareBuild, prepareDependencies, root, step } from './prepare.mjs';

const known = ['--ide'];
const unknown = process.argv.slice(2).filter((argument) => !known.includes(argument));
if (unknown.length > 0) {
  console.error(`npm start knows ${known.join(', ')}; not ${unknown.join(', ')}`);
  process.exit(1);
}

prepareDependencies();
prepareBuild();

if (process.argv.includes('--ide')) await openWorkbench();
else await showSession();

async function showSession() {
  const { scriptedSession } = await import('./session.mjs');
  try {
    await scriptedSession(join(root, 'extension', 'guests', 'hello.S'));
  } catch (error) {
    console.error(`\nthe session failed: ${error.message}`);
    process.exit(1);
  }
  console.log(`
To do this in VS Code:
   npm start -- --ide    opens VS Code (or a browser workbench, where there is no VS Code) with the extension and sample guests; press F5
   npm run package       makes kvm-arm64-debug.vsix; "code --install-extension kvm-arm64-debug.vsix" installs it
   npm run guests        obtains Debian's arm64 kernels, which the sample workspace then offers too`);
}

async function openWorkbench() {
  const { packageExtension } = await import('./package.mjs');
  const { makeWorkspace } = await import('./workspace.mjs');
  const vsix = packageExtension();
  const workspace = makeWorkspace(join(root, '.cache', 'workspace'));
  const shell = process.platform === 'win32';

  if (spawnSync('code', ['--version'], { stdio: 'ignore', shell }).status === 0) {
    step('code', ['--install-extension', vsix, '--force'], { shell });
    step('code', ['--new-window', workspace], { shell });
    console.log('VS Code is open on the sample guests: choose one in Run and Debug and press F5.');
    return;
  }

  const { installWorkbench, makeProfile, startWorkbench } = await import('./ide.mjs');
  const profile = join(root, '.cache', 'ide-start');
  installWorkbench();
  makeProfile(profile, vsix);
  const server = await startWorkbench(profile);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.stop());
  const url = `${server.url}?folder=${encodeURIComponent(workspace)}`;
  console.log(
    `No desktop VS Code on this machine: the workbench is at\n   ${url}\nChoose a guest in Run and Debug and press F5. Ctrl+C here ends the workbench.`,
  );
  const opener = { darwin: 'open', linux: 'xdg-open' }[process.platform];
  if (opener && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform === 'darwin'))
    spawnSync(opener, [url], { stdio: 'ignore' });
  await server.ended;
}
