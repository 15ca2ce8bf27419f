import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodePrograms } from '../../../../src/adapters/process/node-programs.ts';
import { openChannel } from '../../../../src/adapters/storage/ssh/sftp-channel.ts';
import { sshFailure } from '../../../../src/adapters/storage/ssh/ssh-command.ts';
import { failureOf } from '../../../conformance/object-storage.ts';

const test = suite('sftp-channel');

const talkTo = (script: string) =>
  failureOf(
    openChannel(nodePrograms({ PATH: process.env['PATH'] }).start('sh', ['-c', script]), (code, stderr) =>
      sshFailure('h', code, stderr),
    ),
  );

test('a shell that greets is no server', async () => {
  for (const script of [
    'echo Welcome to this host; cat >/dev/null',
    "printf '\\0\\0\\0\\5\\145abcd'; cat >/dev/null",
  ]) {
    assert.match((await talkTo(script)).message, /not as an SFTP server does/);
  }
});

test('one that ends says why', async () => {
  const failure = await talkTo('echo "ssh: connect to host h port 22: Connection refused" >&2; exit 255');
  assert.match(failure.message, /^h: connect to host h port 22: Connection refused$/);
  assert.ok(failure.retryable);
});

test.run();
