import { readFile } from 'node:fs/promises';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { samePath } from '../launch/program.ts';
import { RequestError } from '../request-error.ts';
import type { SessionState } from '../session-state.ts';
import { liveGuest } from './guest.ts';

/** The assembled source, for clients that cannot open it themselves. */
export async function source(args: DebugProtocol.SourceArguments, session: SessionState): Promise<DebugProtocol.SourceResponse['body']> {
  const { program } = liveGuest(session);
  const path = args.source?.path;
  if (!program || path === undefined || !samePath(program.path, path))
    throw new RequestError(`there is no source ${path ?? args.sourceReference}`);
  return { content: await readFile(program.path, 'utf8'), mimeType: 'text/x-asm' };
}

export function loadedSources(_: unknown, session: SessionState): DebugProtocol.LoadedSourcesResponse['body'] {
  const { program } = liveGuest(session);
  return { sources: program ? [{ name: program.name, path: program.path }] : [] };
}
