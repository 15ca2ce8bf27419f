import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sshFailure, sshWords } from '../../../../src/adapters/storage/ssh/ssh-command.ts';
import { StorageFailure } from '../../../../src/domain/storage-failure.ts';
import { storageOf } from '../../../storage/storage-of.ts';

const test = suite('ssh-command');

function words(url: string, settings: Readonly<Record<string, string>> = {}): string {
  const storage = storageOf(url, settings);
  if (storage.address.kind !== 'ssh') throw new Error(`${url} is no ssh URL`);
  return sshWords(storage, storage.address).join(' ');
}

test('asks for the subsystem, and never for a password or a terminal', () => {
  const line = words('ssh://host/x');
  assert.match(line, /^-T -x -a -o BatchMode=yes .* -s -- host sftp$/);
  assert.not.match(line, / -(?:p|l|i) |StrictHostKeyChecking|UserKnownHosts/);
});

test("DVC's keys beat the URL", () => {
  assert.match(words('ssh://ann@host:22/x'), / -p 22 -l ann -s /);
  const settings = { port: '2222', user: 'bob', keyfile: '/keys/a b', timeout: '1800', allow_agent: 'false' };
  assert.match(
    words('ssh://ann@host:22/x', settings),
    /ConnectTimeout=60 -o IdentityAgent=none -p 2222 -l bob -i \/keys\/a b -s /,
  );
});

test('a user that ssh would take for an option is refused', () => {
  for (const user of ['-oProxyCommand=x', 'a b', 'a\nb']) {
    assert.throws(
      () => words('ssh://host/x', { user }),
      (error: unknown) => error instanceof StorageFailure,
    );
  }
});

for (const [said, code, passes, hint] of [
  ['ssh: connect to host h port 22: Connection refused', 255, true, /the same command again/],
  ['ssh: Could not resolve hostname h: Name or service not known', 255, false, /storage list/],
  ['u@h: Permission denied (publickey).', 255, false, /ssh-add -l/],
  ['Host key verification failed.', 255, false, /^ssh h once/],
  ['subsystem request failed on channel 0', 1, false, /subsystem sftp/],
  ['', 255, true, /ssh h shows more/],
] as const) {
  test(`explains: ${said}`, () => {
    const failure = sshFailure('h', code, `banner\n${said}\n`);
    assert.is(failure.code, 'environment');
    assert.is(failure.retryable, passes);
    assert.match(failure.hint ?? '', hint);
  });
}

test.run();
