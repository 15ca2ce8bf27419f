import { type Storage, settingText } from '../../../domain/storage.ts';
import { StorageFailure } from '../../../domain/storage-failure.ts';
import type { StorageAddress } from '../../../domain/storage-url.ts';

type SshAddress = Extract<StorageAddress, { readonly kind: 'ssh' }>;

/**
 * The words of ssh for a storage. Whom to trust and who one is, ssh knows from the user's own files; DVC's keys come on top.
 * The host stands behind `--`, and what runs there is a subsystem with a fixed name: nothing of ours is read by a shell.
 * @throws StorageFailure `refused` for a user that ssh could take for something else
 */
export function sshWords(storage: Storage, address: SshAddress): string[] {
  const port = settingText(storage, 'port') ?? (address.port === undefined ? undefined : String(address.port));
  const user = settingText(storage, 'user') ?? address.user;
  const keyfile = settingText(storage, 'keyfile');
  const timeout = settingText(storage, 'timeout');
  checkWord('user', user);
  const options = [
    'BatchMode=yes',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
    `ConnectTimeout=${timeout !== undefined && /^[0-9]+$/.test(timeout) ? Math.min(Number(timeout), 60) : 30}`,
    ...(settingText(storage, 'allow_agent')?.toLowerCase() === 'false' ? ['IdentityAgent=none'] : []),
    ...(settingText(storage, 'gss_auth')?.toLowerCase() === 'true' ? ['GSSAPIAuthentication=yes'] : []),
  ];
  return [
    '-T',
    '-x',
    '-a',
    ...options.flatMap((option) => ['-o', option]),
    ...(port === undefined ? [] : ['-p', port]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(keyfile === undefined ? [] : ['-i', keyfile]),
    '-s',
    '--',
    address.host,
    'sftp',
  ];
}

function checkWord(what: string, word: string | undefined): void {
  if (word === undefined || !(word.startsWith('-') || /[\x00-\x20\x7f]/.test(word))) return;
  throw new StorageFailure('refused', { message: `'${word}' is no ${what} for ssh` });
}

/** What ssh says, and what helps. */
const OBSTACLES: readonly {
  readonly words: RegExp;
  readonly hint: (host: string) => string;
  readonly passes: boolean;
}[] = [
  {
    words: /^.*(?:Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED).*$/m,
    hint: (host) => `ssh ${host} once, and compare the key that it shows with what the admin of the host says`,
    passes: false,
  },
  {
    words: /^.*Permission denied \(.*\).*$/m,
    hint: (host) =>
      `ssh ${host} must let you in without a question: ssh-add -l shows the keys that are offered; keyfile names another one`,
    passes: false,
  },
  {
    words: /^.*(?:Could not resolve hostname).*$/m,
    hint: () => 'git cmf storage list shows the URL',
    passes: false,
  },
  {
    words: /^.*(?:subsystem request failed|Subsystem).*$/m,
    hint: () => 'the host must offer the subsystem sftp: "Subsystem sftp internal-sftp" in its sshd_config',
    passes: false,
  },
  {
    words:
      /^.*(?:Connection (?:refused|timed out|reset|closed)|Network is unreachable|No route to host|Broken pipe|kex_exchange_identification|not responding).*$/im,
    hint: () => 'the same command again when the host can be reached; what is complete stays',
    passes: true,
  },
];

/** The failure for a session that ended. */
export function sshFailure(host: string, exitCode: number, stderr: string): StorageFailure {
  const said = stderr.trim();
  if (exitCode === 127 && /ENOENT/.test(said)) {
    return new StorageFailure('environment', {
      message: 'ssh is not installed',
      hint: 'install the OpenSSH client',
    });
  }
  const obstacle = OBSTACLES.find(({ words }) => words.test(said));
  const line = obstacle?.words.exec(said)?.[0] ?? said.split('\n').at(-1) ?? '';
  return new StorageFailure('environment', {
    message: `${host}: ${line === '' ? `ssh ended with status ${exitCode}` : line.replace(/^ssh: /, '').trim()}`,
    hint: obstacle?.hint(host) ?? `ssh ${host} shows more`,
    // A line that broke without a word.
    retryable: obstacle?.passes ?? true,
  });
}
