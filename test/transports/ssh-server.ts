import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { makeTempDirectory, sealedEnv } from '../helpers/sealed-git.ts';
import { findProgram } from './find-program.ts';
import { freePort, type Serving, startDaemon } from './serving.ts';

export type SshServing = Serving & {
  /** The process that listens; each connection is a child of it. */
  readonly pid: number;
  /** How ssh is called, with other files in the place of the right ones. */
  readonly command: (files?: { readonly key?: string; readonly knownHosts?: string }) => string;
  /** A key that the server does not know. */
  readonly strangeKey: string;
};

/**
 * OpenSSH's own server on a port of this machine, with a host key and an account of its own: whoever has the key may start
 * git-receive-pack and git-upload-pack through git-shell, and nothing else; there is no terminal, and no forwarding.
 */
export async function startSsh(): Promise<SshServing> {
  const root = makeTempDirectory('served');
  const place = makeTempDirectory('sshd');
  for (const name of ['host', 'user', 'stranger']) makeKey(join(place, name));
  // sshd wants its empty folder, which the service would make at its start.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  writeFileSync(
    join(place, 'authorized'),
    `command="${forcedCommand(place)}",restrict ${publicKey(join(place, 'user'))}`,
  );
  writeFileSync(join(place, 'known'), `[127.0.0.1]:${port} ${publicKey(join(place, 'host'))}`);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${place}/host`,
    `AuthorizedKeysFile ${place}/authorized`,
    `PidFile ${place}/pid`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin forced-commands-only',
  ];
  writeFileSync(join(place, 'config'), `${config.join('\n')}\n`);
  const daemon = await startDaemon(findProgram('sshd'), ['-D', '-e', '-f', join(place, 'config')], port);
  const command: SshServing['command'] = ({ key = join(place, 'user'), knownHosts = join(place, 'known') } = {}) =>
    ['ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o GlobalKnownHostsFile=/dev/null']
      .concat(`-o StrictHostKeyChecking=yes -o UserKnownHostsFile=${knownHosts} -i ${key}`)
      .join(' ');
  return {
    root,
    port,
    pid: daemon.pid,
    command,
    strangeKey: join(place, 'stranger'),
    // The known key is that of the server's own port; a relay in front of it answers with the same.
    env: { GIT_SSH_COMMAND: `${command()} -o HostKeyAlias=[127.0.0.1]:${port}` },
    url: (repository, at = port) => `ssh://${userInfo().username}@127.0.0.1:${at}${root}/${repository}`,
    stop: daemon.stop,
  };
}

/** git-shell in the sealed environment: not that of the account that runs the tests. */
function forcedCommand(place: string): string {
  const lines = Object.entries(sealedEnv()).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(
    join(place, 'shell'),
    ['#!/bin/sh', ...lines, 'exec git-shell -c "$SSH_ORIGINAL_COMMAND"', ''].join('\n'),
    { mode: 0o755 },
  );
  return join(place, 'shell');
}

/** A key pair without a passphrase. */
export function makeKey(path: string): void {
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
}

export function publicKey(path: string): string {
  return spawnSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).stdout;
}
