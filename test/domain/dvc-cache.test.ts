import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOfObject, memberDigest, objectPath, parseLinkTypes } from '../../src/domain/dvc-cache.ts';

const test = suite('dvc-cache');
const VALUE = 'd3b07384d113edec49eaa6238ad5ff00';

test('objects lie where DVC 3 and DVC 2 put them, and their paths say what they are', () => {
  const places = {
    md5: `files/md5/d3/${VALUE.slice(2)}`,
    'md5-dir': `files/md5/d3/${VALUE.slice(2)}.dir`,
    'md5-dos2unix': `d3/${VALUE.slice(2)}`,
    'md5-dos2unix-dir': `d3/${VALUE.slice(2)}.dir`,
  };
  for (const [kind, path] of Object.entries(places)) {
    assert.is(objectPath({ kind, value: VALUE }), path);
    assert.equal(digestOfObject(path), { kind, value: VALUE });
  }
  assert.is(objectPath({ kind: 'blake3', value: VALUE }), undefined);
  for (const other of ['files/md5/d3/x', 'runs/d3/x', `files/md5/D3/${VALUE.slice(2)}`, 'd3/.x.tmp']) {
    assert.is(digestOfObject(other), undefined);
  }
});

test('a member is stored as its list is', () => {
  assert.is(memberDigest({ kind: 'md5-dir', value: VALUE }, 'x').kind, 'md5');
  assert.is(memberDigest({ kind: 'md5', value: VALUE }, 'x').kind, 'md5');
  assert.is(memberDigest({ kind: 'md5-dos2unix', value: VALUE }, 'x').kind, 'md5-dos2unix');
  assert.is(memberDigest({ kind: 'md5-dos2unix-dir', value: VALUE }, 'x').kind, 'md5-dos2unix');
});

test('cache.type is a list, with a default, and no other words', () => {
  assert.equal(parseLinkTypes(undefined), ['reflink', 'copy']);
  assert.equal(parseLinkTypes(' Hardlink , symlink'), ['hardlink', 'symlink']);
  assert.is(parseLinkTypes('teleport'), undefined);
});

test.run();
