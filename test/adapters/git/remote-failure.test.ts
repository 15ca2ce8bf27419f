import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { remoteFailure } from '../../../src/adapters/git/remote-failure.ts';

const it = suite('git: why a remote does not answer');
const READ = 'fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n';

for (const [what, stderr, reason, hint] of [
  ['a host key', `No ED25519 host key is known.\nHost key verification failed.\n${READ}`, /: Host key ver/, /with ssh/],
  ['a key', `ann@host: Permission denied (publickey).\n${READ}`, /: ann@host: Permission denied/, /ssh-add/],
  [
    'a password',
    "fatal: Authentication failed for 'http://a:b@h/x/'\n",
    /: Authentication failed for 'http:\/\/h/,
    /credential/,
  ],
  [
    'nobody to ask',
    "fatal: could not read Username for 'http://h': terminal prompts disabled\n",
    /read Username/,
    /termina/,
  ],
  [
    'no such host',
    `ssh: Could not resolve hostname nowhere: Name\n${READ}`,
    /: Could not resolve host/,
    /nothing is lost/,
  ],
  [
    'no network',
    `ssh: connect to host h port 22: Connection refused\n${READ}`,
    /: connect to .* refused/,
    /nothing is lost/,
  ],
  [
    'another thing',
    `fatal: '/x' does not appear to be a git repository\n${READ}`,
    /: '\/x' does not appear/,
    /ls-remote/,
  ],
] as const) {
  it(`says what it is: ${what}`, () => {
    const error = remoteFailure('http://ann:secret@host/x', stderr);
    assert.is(error.code, 'no-remote');
    assert.match(error.message, reason);
    assert.match(error.hint ?? '', hint);
    assert.not.match(`${error.message} ${error.hint}`, /secret|a:b@/);
  });
}

it('names the settings for a remote with a name', () => {
  assert.match(remoteFailure('upstream', 'fatal: nothing is there').hint ?? '', /git remote add upstream URL/);
});

it('passes on what git says of a repository of another user', () => {
  const stderr = "fatal: detected dubious ownership\n\tgit config --global --add safe.directory '/srv/x'\n";
  assert.match(remoteFailure('origin', stderr).hint ?? '', /^git config --global --add safe.directory/);
});

it('knows repositories of the other object format', () => {
  assert.is(remoteFailure('origin', 'fatal: mismatched algorithms: client sha1; server sha256').code, 'environment');
});

it.run();
