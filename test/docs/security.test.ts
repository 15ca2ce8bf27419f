/** docs/security.md names a test for each promise; here each name is looked up. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const it = suite('docs/security.md');

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROMISE = /^\| (.+) \| `(test\/[^`]+)`: (.+) \|$/;

const rows = readFileSync(`${ROOT}docs/security.md`, 'utf8')
  .split('\n')
  .filter((line) => line.includes('`test/') && line.startsWith('|'));

it('names a test for each promise', () => {
  assert.ok(rows.length >= 15);
  for (const row of rows) assert.match(row, PROMISE);
});

it('names tests that are there', () => {
  for (const row of rows) {
    const [, , file = '', title = ''] = PROMISE.exec(row) ?? [];
    assert.ok(existsSync(ROOT + file), `${file} is not there`);
    assert.ok(readFileSync(ROOT + file, 'utf8').includes(title), `${file} has no test '${title}'`);
  }
});

it.run();
