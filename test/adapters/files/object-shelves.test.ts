import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openShelves } from '../../../src/adapters/files/object-shelves.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('object-shelves');

const MD5 = `ab${'0'.repeat(30)}`;

function lay(group = false) {
  const folder = join(makeTempDirectory('shelves'), 'files/md5');
  return { folder, open: () => openShelves({ folder, group, run: 'run' }) };
}

test('a new folder has no name before commit, and then all that was put into it', () => {
  const { folder, open } = lay();
  const shelves = open();
  const { room = '', names } = shelves.of(MD5);
  writeFileSync(join(room, '1'), 'one');
  names?.add('1');
  assert.equal(shelves.pending(), [join(room, '1')]);
  assert.not(readdirSync(folder).includes('ab'));
  shelves.commit();
  assert.equal(readdirSync(folder), ['ab']);
  assert.equal(readdirSync(join(folder, 'ab')), ['1']);
  assert.is(shelves.of(MD5).room, undefined);
  assert.ok(shelves.of(MD5).names?.has('1'));
});

test('two that fill one folder both find what they put there', () => {
  const { folder, open } = lay();
  const [one, two] = [open(), open()];
  writeFileSync(join(one.of(MD5).room ?? '', '1'), 'one');
  writeFileSync(join(two.of(MD5).room ?? '', '2'), 'two');
  one.commit();
  two.commit();
  assert.equal(readdirSync(folder), ['ab']);
  assert.equal(readdirSync(join(folder, 'ab')).sort(), ['1', '2']);
});

test('where another program made the folder meanwhile, the objects move into it', () => {
  const { folder, open } = lay();
  const shelves = open();
  const { room = '' } = shelves.of(MD5);
  writeFileSync(join(room, '1'), 'ours');
  writeFileSync(join(room, '2'), 'two');
  mkdirSync(join(folder, 'ab'));
  writeFileSync(join(folder, 'ab/1'), 'theirs');
  shelves.commit();
  assert.equal(readdirSync(folder), ['ab']);
  assert.equal(readdirSync(join(folder, 'ab')).sort(), ['1', '2']);
  assert.is(readFileSync(join(folder, 'ab/1'), 'utf8'), 'ours');
});

test('a folder that is there is left alone, and discarding removes what has no name', () => {
  const { folder, open } = lay();
  mkdirSync(join(folder, 'ab'), { recursive: true });
  writeFileSync(join(folder, 'ab/1'), 'one');
  const shelves = open();
  assert.is(shelves.of(MD5).room, undefined);
  writeFileSync(join(shelves.of(`cd${'0'.repeat(30)}`).room ?? '', '2'), 'two');
  shelves.discard();
  assert.equal(readdirSync(folder), ['ab']);
  assert.equal(readdirSync(join(folder, 'ab')), ['1']);
});

test('a folder of a shared cache belongs to the group', () => {
  const { folder, open } = lay(true);
  const shelves = open();
  shelves.of(MD5);
  shelves.commit();
  assert.is(statSync(join(folder, 'ab')).mode & 0o7777, 0o2775);
});

test.run();
