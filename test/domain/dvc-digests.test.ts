import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatDigest } from '../../src/domain/digest.ts';
import { digestsInText } from '../../src/domain/dvc-digests.ts';

const test = suite('dvc-digests');
const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

test('finds hashes of files and of folders, in both layouts', () => {
  const names = digestsInText(`- md5: ${MD5}\n  x: "${MD5.toUpperCase()}.dir"\n`).map(formatDigest);
  assert.equal(names, [`md5:${MD5}`, `md5-dos2unix:${MD5}`, `md5-dir:${MD5}`, `md5-dos2unix-dir:${MD5}`]);
});

test('in the middle of a merge, too', () => {
  assert.is(digestsInText(`<<<<<<< a\n- {md5: ${MD5}}\n=======\n- md5: '${MD5}'\n>>>>>>> b`).length, 4);
});

test('a longer or shorter word is none', () => {
  assert.equal(digestsInText(`${MD5}0 x${MD5} ${MD5.slice(1)} ${MD5}${MD5}`), []);
});

test.run();
