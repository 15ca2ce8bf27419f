import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { relpathProblem } from '../../src/domain/dvc-dir.ts';
import { keyOfDigest, uniqueMembers, versionPlaces, type WantedArtifact } from '../../src/domain/wanted-artifact.ts';

const test = suite('wanted-artifact');

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

function wanted(path: string, digit: string): WantedArtifact {
  return { path, digest: { kind: 'md5', value: digit.repeat(32) }, aliases: [], isSent: true, isKept: true };
}

test('keys of all kinds of objects', () => {
  const rest = '1d8cd98f00b204e9800998ecf8427e';
  assert.is(keyOfDigest({ kind: 'md5', value: MD5 }), `files/md5/d4/${rest}`);
  assert.is(keyOfDigest({ kind: 'md5-dir', value: MD5 }), `files/md5/d4/${rest}.dir`);
  assert.is(keyOfDigest({ kind: 'md5-dos2unix', value: MD5 }), `d4/${rest}`);
  assert.is(keyOfDigest({ kind: 'md5-dos2unix-dir', value: MD5 }), `d4/${rest}.dir`);
});

test('files of one content are one object, in the layout of their list', () => {
  const entries = [
    { relpath: 'a', md5: MD5 },
    { relpath: 'b', md5: MD5 },
  ];
  assert.equal([...uniqueMembers({ kind: 'md5-dir', value: MD5 }, entries)], [{ kind: 'md5', value: MD5 }]);
  assert.equal(
    [...uniqueMembers({ kind: 'md5-dos2unix-dir', value: MD5 }, entries)],
    [{ kind: 'md5-dos2unix', value: MD5 }],
  );
});

test('one version has its own path, several are marked', () => {
  const [one, two, other] = [wanted('m', '1'), wanted('m', '2'), wanted('d/x', '3')];
  const places = versionPlaces([one, two, other]);
  assert.is(places.get(one), `m@${'1'.repeat(12)}`);
  assert.is(places.get(two), `m@${'2'.repeat(12)}`);
  assert.is(places.get(other), 'd/x');
});

test('what lies outside comes by its last part, or by its digest', () => {
  const [outside, absolute, hidden] = [wanted('../x', '1'), wanted('/data/y', '2'), wanted('.git', '3')];
  const places = versionPlaces([outside, absolute, hidden]);
  assert.is(places.get(outside), 'x');
  assert.is(places.get(absolute), 'y');
  assert.is(places.get(hidden), '3'.repeat(32));
});

test('names that are too long, or that some file systems take for one', () => {
  const long = wanted(`d/${'x'.repeat(300)}`, '1');
  assert.is(versionPlaces([long]).get(long), '1'.repeat(32));
  const [upper, lower] = [wanted('Data/A', '1'), wanted('data/a', '2')];
  assert.equal([...versionPlaces([upper, lower]).values()], [`Data/A@${'1'.repeat(12)}`, `data/a@${'2'.repeat(12)}`]);
});

test('law: no place lies outside, is another, or lies within another', () => {
  const part = fc.constantFrom('a', 'b', '..', '.', '', '.git', 'c d', 'a@111111111111');
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const digit = (i: number): string => (i + 1).toString(16);
  const list = fc.array(path, { maxLength: 8 }).map((paths) => paths.map((where, i) => wanted(where, digit(i))));
  fc.assert(
    fc.property(list, (artifacts) => {
      const places = [...versionPlaces(artifacts).values()];
      assert.is(places.length, artifacts.length);
      for (const place of places) assert.is(relpathProblem(place), undefined, place);
      assert.is(new Set(places).size, places.length, places.join(' '));
      for (const a of places) for (const b of places) assert.not.ok(b.startsWith(`${a}/`), `${b} lies within ${a}`);
    }),
  );
});

test.run();
