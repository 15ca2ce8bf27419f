import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { findProgram } from '../transports/find-program.ts';
import { freePort, startDaemon } from '../transports/serving.ts';
import { makeKey, publicKey } from '../transports/ssh-server.ts';

export type SftpServing = {
  readonly port: number;
  readonly user: string;
  /** The key that is let in, and one that is not. */
  readonly key: string;
  readonly strangeKey: string;
  /** An ssh that knows the host, whatever its port, and nothing of this machine's own configuration; and one that does not. */
  readonly ssh: string;
  readonly strangerSsh: string;
  /** Kills whoever serves a session now, as a host does that runs out of memory. @returns how many there were */
  readonly killSessions: () => number;
  readonly stop: () => Promise<void>;
};

/** OpenSSH's own server on a port of this machine, with its own SFTP subsystem. */
export async function startSftp(): Promise<SftpServing> {
  const place = makeTempDirectory('sftpd');
  for (const name of ['host', 'user', 'stranger']) makeKey(join(place, name));
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  writeFileSync(join(place, 'authorized'), `restrict ${publicKey(join(place, 'user'))}`);
  writeFileSync(join(place, 'known'), `served ${publicKey(join(place, 'host'))}`);
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
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(join(place, 'config'), `${config.join('\n')}\n`);
  const daemon = await startDaemon(findProgram('sshd'), ['-D', '-e', '-f', join(place, 'config')], port);
  return {
    port,
    user: userInfo().username,
    key: join(place, 'user'),
    strangeKey: join(place, 'stranger'),
    ssh: makeSsh(place, 'ssh', join(place, 'known')),
    strangerSsh: makeSsh(place, 'stranger-ssh', '/dev/null'),
    killSessions: () => killBelow(daemon.pid),
    stop: daemon.stop,
  };
}

/** Kills the processes that one has started, and those that they have. */
function killBelow(pid: number): number {
  const below = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && parentOf(name) === pid);
  for (const child of below) {
    killBelow(Number(child));
    try {
      process.kill(Number(child), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  return below.length;
}

function parentOf(pid: string): number | undefined {
  try {
    const [, parent] = /^[0-9]+ \(.*\) \S+ ([0-9]+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return Number(parent);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function makeSsh(place: string, name: string, knownHosts: string): string {
  const config = [
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'GlobalKnownHostsFile /dev/null',
    `UserKnownHostsFile ${knownHosts}`,
    'StrictHostKeyChecking yes',
    'HostKeyAlias served',
  ];
  writeFileSync(join(place, `${name}-config`), `${config.join('\n')}\n`);
  const path = join(place, name);
  writeFileSync(path, `#!/bin/sh\nexec ssh -F '${place}/${name}-config' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
