/** Packages the extension: kvm-arm64-debug.vsix at the top of the checkout. `--built` takes dist/ as it is. */
import { join } from 'node:path';
import { prepareBuild, prepareDependencies, root, step } from './prepare.mjs';

export const vsix = join(root, 'kvm-arm64-debug.vsix');

/** The bundles hold the dependencies, so none are packed. */
export function packageExtension() {
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  step(
    process.execPath,
    [vsce, 'package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--skip-license', '--out', vsix],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return vsix;
}

if (process.argv[1]?.endsWith('package.mjs')) {
  prepareDependencies();
  if (!process.argv.includes('--built')) prepareBuild();
  console.log(packageExtension());
}
