import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isoTime, jsonDocument } from '../../../../src/faces/cli/render/json-document.ts';

const it = suite('json-document');

it('is one line that begins with its schema', () => {
  assert.is(jsonDocument('git-cmf/log/1', { items: [] }), '{"schema":"git-cmf/log/1","items":[]}\n');
});

it('hides nothing from who reads it at a terminal, and means the same', () => {
  const text = jsonDocument('git-cmf/log/1', { name: 'a\u202eb\x9bc\n' });
  assert.match(text, '"a\\u202eb\\u009bc\\n"');
  assert.is(JSON.parse(text).name, 'a\u202eb\x9bc\n');
});

it('writes times in UTC, and none for what no calendar holds', () => {
  assert.is(isoTime(0), '1970-01-01T00:00:00.000Z');
  assert.is(isoTime(undefined), null);
  assert.is(isoTime(Number.MAX_SAFE_INTEGER), null);
  assert.is(isoTime(-Number.MAX_SAFE_INTEGER), null);
});

it.run();
