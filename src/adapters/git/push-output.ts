import { readable } from '../../domain/readable.ts';
import type { PushOutcome } from '../../ports/git.ts';

/**
 * Reads `git push --porcelain`: one line `<flag>\t<from>:<to>\t<summary> (<reason>)` for each ref on stdout; what the
 * server's hooks print comes on stderr as `remote: …` and belongs to no single ref, so every rejection shows it.
 */
export function parsePushOutput(stdout: string, stderr: string): PushOutcome[] {
  const remoteLines = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd());
  return stdout
    .split('\n')
    .map((line) => /^(.)\t[^\t]*:([^\t]+)\t(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, flag = '', ref = '', summary = '']) => toOutcome(flag, ref, summary, remoteLines));
}

function toOutcome(flag: string, ref: string, summary: string, remoteLines: readonly string[]): PushOutcome {
  if (flag === '=') return { ref, status: 'up-to-date' };
  if (flag !== '!') return { ref, status: 'ok' };
  const reason = /\(([^()]*)\)$/.exec(summary)?.[1] ?? summary;
  // Only "remote rejected" is the server's word; for the rest git never asked it, or did not understand its answer.
  const said = summary.startsWith('[remote rejected]') ? remoteLines : [];
  return { ref, status: 'rejected', reason: readable([reason, ...said].join('\n')) };
}
