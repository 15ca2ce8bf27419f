import { CmfError } from './errors.ts';

/** The name or URL of a remote, as a person gave it. git would read a leading dash as an option. Throws `no-remote`. */
export function checkRemoteName(remote: string): void {
  if (remote === '' || remote.startsWith('-') || /[\x00-\x1f\x7f]/.test(remote)) {
    throw new CmfError('no-remote', {
      message: `${JSON.stringify(remote)} cannot be the name or the URL of a remote`,
      hint: 'git remote -v',
    });
  }
}
