/** Debian packages for arm64 from whatever mirror this machine's own apt uses, without root and without touching the system. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Source {
  readonly uri: string;
  readonly suite: string;
  readonly signedBy?: string;
}

/** Suites that hold the kernels that guests are. */
const WANTED_SUITES = ['bookworm', 'bookworm-backports'];

/** Said of a mirror that cannot be used; tests turn it into a skip. */
export class NoMirror extends Error {}

/** The Debian sources of this machine's apt configuration, in both of the formats that sources.list(5) describes. */
function machineSources(etc = '/etc/apt'): Source[] {
  const parts = join(etc, 'sources.list.d');
  const files = [join(etc, 'sources.list'), ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [])];
  return files
    .filter((file) => existsSync(file))
    .flatMap((file) => (file.endsWith('.sources') ? deb822(file) : file.endsWith('.list') ? oneLine(file) : []));
}

function deb822(file: string): Source[] {
  const stanzas = readFileSync(file, 'utf8').split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map(
      stanza
        .split('\n')
        .filter((line) => !line.startsWith('#') && /^[\w-]+:/.test(line))
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    if (fields.get('enabled') === 'no') return [];
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    return words('uris').flatMap((uri) => words('suites').map((suite) => ({ uri, suite, signedBy: fields.get('signed-by') || undefined })));
  });
}

function oneLine(file: string): Source[] {
  const line = /^deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)/gm;
  return [...readFileSync(file, 'utf8').matchAll(line)].map(({ groups }) => ({
    uri: groups!.uri!,
    suite: groups!.suite!,
    signedBy: /signed-by=(\S+)/.exec(groups!.options ?? '')?.[1],
  }));
}

/** A Debian archive's address, as opposed to any other vendor's. */
const isDebian = ({ uri }: Source) => /debian\/?(?:\.list)?$/.test(uri);

/** A private apt: its lists, cache and status live in `folder`, its sources are the machine's and the wanted suites at the same mirror. */
export class Apt {
  readonly #options: string[];
  readonly #downloads: string;

  /** @param suites Where to look beside what the machine itself uses. */
  constructor(folder: string, suites: readonly string[] = WANTED_SUITES) {
    const debian = machineSources().filter(isDebian);
    const mirror = debian[0];
    if (!mirror) throw new NoMirror('this machine has no Debian mirror in its apt configuration');
    const sources = suites.map((suite) => ({ ...mirror, suite }));

    this.#downloads = join(folder, 'downloads');
    const lists = join(folder, 'lists');
    for (const path of [this.#downloads, join(lists, 'partial'), join(folder, 'cache', 'archives', 'partial')])
      mkdirSync(path, { recursive: true });
    const sourceList = join(folder, 'sources.list');
    writeFileSync(
      sourceList,
      sources.map(({ uri, suite, signedBy }) => `deb ${signedBy ? `[signed-by=${signedBy}] ` : ''}${uri} ${suite} main\n`).join(''),
    );
    const settings = {
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      'APT::Sandbox::User': '',
      'Dir::State::lists': lists,
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(folder, 'cache'),
      'Dir::Etc::sourcelist': sourceList,
      'Dir::Etc::sourceparts': '/dev/null',
      'Debug::NoLocking': '1',
      'Acquire::Retries': '3',
    };
    this.#options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  }

  /** Fetches the package lists. @throws NoMirror when no list could be fetched. */
  async update(): Promise<void> {
    // A suite that the mirror lacks makes apt-get fail after it fetched the others: what counts is what can be found afterwards.
    const failure = await run('apt-get', [...this.#options, '-qq', 'update']).then(
      () => undefined,
      (error: Error) => error,
    );
    if ((await this.search('busybox-static')).length === 0)
      throw new NoMirror(`the Debian mirror is out of reach: ${failure?.message ?? 'empty lists'}`);
  }

  /** Names of packages that match the regular expression. */
  async search(pattern: string): Promise<string[]> {
    const { stdout } = await run('apt-cache', [...this.#options, 'search', '--names-only', `^${pattern}$`]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ')[0]!);
  }

  /** Downloads one package and unpacks it into `target`. */
  async unpack(name: string, target: string): Promise<void> {
    await run('apt-get', [...this.#options, '-qq', 'download', name], { cwd: this.#downloads });
    const file = readdirSync(this.#downloads).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'));
    if (!file) throw new NoMirror(`apt-get downloaded no ${name}`);
    mkdirSync(target, { recursive: true });
    execFileSync('dpkg', ['-x', join(this.#downloads, file), target]);
  }
}
