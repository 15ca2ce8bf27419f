import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePushOutput } from '../../../src/adapters/git/push-output.ts';

const test = suite('push output');

const OID = 'ab'.repeat(20);

test('reads every flag that git prints', () => {
  const stdout = [
    'To https://example.invalid/x.git',
    `*\t${OID}:refs/a\t[new reference]`,
    ` \t${OID}:refs/b\tabc..def`,
    `=\t${OID}:refs/c\t[up to date]`,
    `!\t${OID}:refs/d\t[rejected] (fetch first)`,
    `!\t${OID}:refs/e\t[remote rejected] (hook declined)`,
    'Done',
  ].join('\n');
  const stderr = "remote: refs/e: too large        \nremote: \nerror: failed to push some refs to 'x'\n";
  assert.equal(parsePushOutput(stdout, stderr), [
    { ref: 'refs/a', status: 'ok' },
    { ref: 'refs/b', status: 'ok' },
    { ref: 'refs/c', status: 'up-to-date' },
    { ref: 'refs/d', status: 'rejected', reason: 'fetch first' },
    { ref: 'refs/e', status: 'rejected', reason: 'hook declined\nrefs/e: too large' },
  ]);
});

test('finds nothing where git said nothing', () => {
  assert.equal(parsePushOutput('', 'fatal: could not read from remote repository\n'), []);
});

test.run();
