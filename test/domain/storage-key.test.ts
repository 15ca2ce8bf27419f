import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isStorageKey, isTemporaryName, objectKey, parseObjectKey } from '../../src/domain/storage-key.ts';

const test = suite('storage-key');

test('the layout is that of DVC', () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  assert.is(objectKey({ layout: 'md5', md5, isDirectory: false }), 'files/md5/d4/1d8cd98f00b204e9800998ecf8427e');
  assert.is(objectKey({ layout: 'legacy', md5, isDirectory: true }), 'd4/1d8cd98f00b204e9800998ecf8427e.dir');
});

test('law: a key names the object that it was made of', () => {
  const names = fc.record({
    layout: fc.constantFrom('md5' as const, 'legacy' as const),
    md5: fc.stringMatching(/^[0-9a-f]{32}$/),
    isDirectory: fc.boolean(),
  });
  fc.assert(
    fc.property(names, (name) => {
      const key = objectKey(name);
      assert.ok(isStorageKey(key));
      assert.equal(parseObjectKey(key), { ...name });
    }),
  );
});

test('other files name no object', () => {
  for (const key of ['files/md5/d4/x', 'files/md5/d4/1d8cd98f00b204e9800998ecf8427e.tmp', 'runs/ab/cd', '']) {
    assert.is(parseObjectKey(key), undefined);
  }
});

test('a key stays below its storage', () => {
  for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/.', 'a\\b', 'a\0', 'a\nb'])
    assert.not(isStorageKey(key), key);
  assert.ok(isStorageKey('cmf/probe/1'));
});

test('what is being written has a name of its own', () => {
  assert.ok(isTemporaryName('.Zk3.tmp'));
  assert.not(isTemporaryName('x.tmp'));
});

test.run();
