import { CmfError } from '../../domain/errors.ts';
import { checkRefName, coversRef, sortByName } from '../../domain/ref-name.ts';
import { checkRemoteName } from '../../domain/remote-name.ts';
import { remoteWithoutCredentials } from '../../domain/without-credentials.ts';
import type { GitTransport, Oid, PushOutcome, Ref } from '../../ports/git.ts';
import { gitFailed } from './git-failure.ts';
import { toOid } from './object-id.ts';
import { parsePushOutput } from './push-output.ts';
import { DURABLE, parseRefLines } from './refs.ts';
import { remoteFailure } from './remote-failure.ts';
import { type GitContext, runGit } from './run-git.ts';

/** Exactly the refs asked for and nothing that the user's configuration would add to them. */
const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-prune',
  '--no-write-fetch-head',
  '--no-write-commit-graph',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--no-filter',
  '--refmap=',
  '--stdin',
  '--',
];
const PUSH = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--no-signed', '--recurse-submodules=no', '--'];

/** Refspecs go on the command line of `push`; it has no `--stdin`. */
const PUSHED_AT_ONCE = 200;

/** Talks to remotes by starting the user's git, with all its configuration for transports and credentials. */
export class SpawnedGitTransport implements GitTransport {
  private readonly context: GitContext;

  constructor(context: GitContext) {
    this.context = context;
  }

  async listRemote(remote: string, prefixes: readonly string[]): Promise<Ref[]> {
    checkRemoteName(remote);
    if (prefixes.length === 0) return [];
    for (const prefix of prefixes) checkRefName(prefix);
    const patterns = prefixes.map((prefix) => (prefix.endsWith('/') ? `${prefix}*` : prefix));
    const args = ['ls-remote', '--quiet', '--refs', '--', remote, ...patterns];
    const output = await runGit(this.context, args, { mode: 'fetch' });
    if (output.exitCode !== 0) throw remoteFailure(remote, output.stderr);
    // git matches a pattern anywhere after a slash, so `refs/heads/refs/x/…` comes along.
    const refs = parseRefLines(output.stdout, '\t').filter((ref) =>
      prefixes.some((prefix) => coversRef(prefix, ref.name)),
    );
    return sortByName(refs);
  }

  async fetch(remote: string, refspecs: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
    checkRemoteName(remote);
    if (refspecs.length === 0) return;
    const lines = refspecs.map(({ from, to }) => {
      checkRefName(from);
      checkRefName(to);
      return `+${from}:${to}\n`;
    });
    const options = { mode: 'fetch', input: lines.join(''), config: DURABLE } as const;
    const output = await runGit(this.context, [...FETCH, remote], options);
    if (output.exitCode === 0) return;
    const gone = /couldn't find remote ref (\S+)/.exec(output.stderr)?.[1];
    if (gone !== undefined)
      throw new CmfError('not-found', { message: `${remoteWithoutCredentials(remote)} has no ${gone}` });
    throw output.exitCode === 128 ? remoteFailure(remote, output.stderr) : gitFailed('fetch', output);
  }

  async push(remote: string, refspecs: readonly { readonly from: Oid; readonly to: string }[]): Promise<PushOutcome[]> {
    checkRemoteName(remote);
    const outcomes: PushOutcome[] = [];
    for (let start = 0; start < refspecs.length; start += PUSHED_AT_ONCE) {
      outcomes.push(...(await this.pushSome(remote, refspecs.slice(start, start + PUSHED_AT_ONCE))));
    }
    return outcomes;
  }

  async remotes(): Promise<string[]> {
    const output = await runGit(this.context, ['remote'], { mode: 'plain' });
    if (output.exitCode !== 0) throw gitFailed('list remotes', output);
    return output.stdout
      .toString()
      .split('\n')
      .filter((name) => name !== '');
  }

  async remoteUrl(remote: string): Promise<string | undefined> {
    checkRemoteName(remote);
    const output = await runGit(this.context, ['remote', 'get-url', remote], { mode: 'plain' });
    return output.exitCode === 0 ? remoteWithoutCredentials(output.stdout.toString().split('\n')[0] ?? '') : undefined;
  }

  private async pushSome(
    remote: string,
    refspecs: readonly { readonly from: Oid; readonly to: string }[],
  ): Promise<PushOutcome[]> {
    const pairs = refspecs.map(({ from, to }) => {
      checkRefName(to);
      return `${toOid(from)}:${to}`;
    });
    const options = { mode: 'push', config: notMirrored(remote) } as const;
    const output = await runGit(this.context, [...PUSH, remote, ...pairs], options);
    const told = new Map(parsePushOutput(output.stdout.toString(), output.stderr).map((one) => [one.ref, one]));
    const outcomes = refspecs.map(({ to }) => told.get(to)).filter((outcome) => outcome !== undefined);
    if (outcomes.length === refspecs.length) return outcomes;
    // A web server's limit on what it takes at once. It answers before git on the other side is asked.
    if (/HTTP 413/.test(output.stderr)) {
      return refspecs.map(({ to }) => ({
        ref: to,
        status: 'rejected',
        reason: 'HTTP 413: more than the web server takes',
      }));
    }
    throw output.exitCode === 128 ? remoteFailure(remote, output.stderr) : gitFailed('push', output);
  }
}

/** `remote.<name>.mirror` would make git refuse any refspec, and force them. */
function notMirrored(remote: string): string[] {
  return /^[\w./-]+$/.test(remote) ? [`remote.${remote}.mirror=false`] : [];
}
