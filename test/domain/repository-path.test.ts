import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folderOf, resolveInRepository } from '../../src/domain/repository-path.ts';

const test = suite('repository-path');

test('a path is resolved against its folder', () => {
  assert.is(resolveInRepository('', 'a'), 'a');
  assert.is(resolveInRepository('.', './a//b/.'), 'a/b');
  assert.is(resolveInRepository('a/b', '../c'), 'a/c');
  assert.is(resolveInRepository('a', '..'), '');
});

test('what leads outside has no place', () => {
  assert.is(resolveInRepository('a', '../../b'), undefined);
  assert.is(resolveInRepository('a', '../../a/b'), undefined);
  assert.is(resolveInRepository('', '/etc'), undefined);
});

test('the folder of a path', () => {
  assert.is(folderOf('a/b/c'), 'a/b');
  assert.is(folderOf('a'), '');
});

test.run();
