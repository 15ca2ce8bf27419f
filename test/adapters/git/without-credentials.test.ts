import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutCredentials } from '../../../src/adapters/git/without-credentials.ts';

const test = suite('without credentials');

const CASES = [
  ['https://me:secret@example.invalid/x.git', 'https://example.invalid/x.git'],
  ['https://token@example.invalid:8443/x', 'https://example.invalid:8443/x'],
  ['https://me:p@ss@example.invalid/x', 'https://example.invalid/x'],
  ['https://example.invalid/a@b', 'https://example.invalid/a@b'],
  ['ssh://git@example.invalid/x', 'ssh://example.invalid/x'],
  ['git@example.invalid:team/x.git', 'example.invalid:team/x.git'],
  ['example.invalid:x', 'example.invalid:x'],
  ['/home/me@work/x', '/home/me@work/x'],
  ['../a@b:c', '../a@b:c'],
  ['origin', 'origin'],
] as const;

for (const [url, expected] of CASES) {
  test(url, () => assert.is(withoutCredentials(url), expected));
}

test.run();
