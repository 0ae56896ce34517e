/** Has Linux carry out every case and writes down what it gave: `npm run record-kvm [words in the name of a file of cases]`. */
import { caseFiles } from './cases/index.ts';
import { runOnLinux } from './host.ts';
import { kernelImage, kernels } from './kernels.ts';
import { vectorsOf, writeVectors } from './vectors.ts';

const wanted = process.argv.slice(2);
const files = Object.entries(caseFiles).filter(([name]) => wanted.length === 0 || wanted.some((word) => name.includes(word)));

for (const kernel of kernels) {
  const image = await kernelImage(kernel);
  const started = Date.now();
  const printed = await runOnLinux(
    image,
    files.flatMap(([, cases]) => cases),
  );
  for (const [name, cases] of files) writeVectors(name, kernel, vectorsOf(cases, printed));
  console.log(`Linux ${kernel}: ${files.length} files of cases in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
