import { CmfError } from '../../domain/errors.ts';
import { readable } from '../../domain/readable.ts';
import { remoteWithoutCredentials } from '../../domain/without-credentials.ts';
import { reasonOf } from './git-failure.ts';

/** What stands between us and a remote, in the words of git, ssh or curl, and what to do about it. */
const OBSTACLES: readonly { readonly words: RegExp; readonly hint: (remote: string) => string }[] = [
  {
    words: /^.*Host key verification failed.*$/m,
    hint: () => 'log in once with ssh, and compare the key that it shows with what the admin of the host says',
  },
  {
    words: /^.*Permission denied \(.*\).*$/m,
    hint: () => 'ssh-add -l shows the keys that are offered; the admin of the host must know one of them',
  },
  {
    words: /^.*(?:Authentication failed|could not read (?:Username|Password)).*$/m,
    hint: (remote) =>
      `git ls-remote ${remote} at a terminal asks for the password; a credential helper keeps it (man gitcredentials)`,
  },
  {
    words:
      /^.*(?:Could not resolve host|Connection (?:refused|timed out|reset|closed)|Network is unreachable|No route to host).*$/im,
    hint: (remote) =>
      `nothing is lost; when the network is there again: git ls-remote ${remote}, then the same command`,
  },
];

/**
 * The error for a remote that git could not talk to.
 * @param remote its name or its URL, as it was given
 * @param stderr what git and its helpers said
 */
export function remoteFailure(remote: string, stderr: string): CmfError {
  const name = remoteWithoutCredentials(remote);
  if (/hash algorithm|mismatched algorithms/.test(stderr)) return foreignFormat(name);
  const obstacle = OBSTACLES.find(({ words }) => words.test(stderr));
  // ssh speaks before git does, and only ssh knows why.
  const said = obstacle?.words.exec(stderr)?.[0].replace(/^(?:fatal|error|ssh): /, '');
  const reason = said === undefined ? reasonOf(stderr) : readable(said);
  const isName = /^[\w.-]+$/.test(remote);
  const usual = isName ? `git remote -v, then git remote add ${name} URL` : `git ls-remote ${name}`;
  return new CmfError('no-remote', {
    message: `the remote ${name} does not exist or does not answer: ${reason}`,
    hint: trustHint(stderr) ?? obstacle?.hint(name) ?? usual,
  });
}

/** git itself cannot exchange objects between the two formats. */
function foreignFormat(remote: string): CmfError {
  return new CmfError('environment', {
    message: `the remote ${remote} and this repository name their objects by different hashes (SHA-1 and SHA-256): git cannot exchange between the two`,
    hint: 'git rev-parse --show-object-format shows the one here; use a central repository that was made with the same --object-format',
  });
}

/** For a repository of another user, git's own words name the command. */
function trustHint(stderr: string): string | undefined {
  return /^\s*(?:remote:\s*)?(git config --global --add safe\.directory .+)$/m.exec(stderr)?.[1];
}
