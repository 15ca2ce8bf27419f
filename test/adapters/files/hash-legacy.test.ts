import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashLegacyDirectory, hashLegacyFile } from '../../../src/adapters/files/hash-legacy.ts';
import { encodeDvcDir } from '../../../src/domain/dvc-dir.ts';
import { dirEntriesOf } from '../../../src/domain/hashed-files.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('hash-legacy');
const OK = { ok: true } as const;

function md5(content: string): string {
  return createHash('md5').update(content).digest('hex');
}

test('a text is hashed with its line ends folded, other bytes as they are', () => {
  const root = makeTempDirectory('legacy');
  writeFileSync(join(root, 'text'), 'a\r\nb\r\n');
  writeFileSync(join(root, 'bytes'), 'a\r\n\0');
  chmodSync(join(root, 'text'), 0o755);
  assert.equal(hashLegacyFile(join(root, 'text'), OK), {
    kind: 'file',
    digests: [{ kind: 'md5-dos2unix', value: md5('a\nb\n') }],
    sizeBytes: 6,
    executable: true,
    dvc: OK,
  });
  assert.is(hashLegacyFile(join(root, 'bytes'), OK).digests[0]?.value, md5('a\r\n\0'));
});

test('a directory has the digest of the list of such hashes, and leaves out what DVC does', async () => {
  const root = makeTempDirectory('legacy');
  mkdirSync(join(root, 'd/sub'), { recursive: true });
  mkdirSync(join(root, 'd/.git'));
  writeFileSync(join(root, 'd/sub/b'), 'b\r\n');
  writeFileSync(join(root, 'd/a'), 'a');
  writeFileSync(join(root, 'd/.git/config'), 'x');
  const hashed = await hashLegacyDirectory(join(root, 'd'), { rules: [], inRepository: 'd' }, OK);
  if (hashed.kind !== 'directory') throw new Error('not a directory');
  const entries = [
    { relpath: 'a', md5: md5('a') },
    { relpath: 'sub/b', md5: md5('b\n') },
  ];
  assert.equal(hashed.digests, [{ kind: 'md5-dos2unix-dir', value: md5(encodeDvcDir(entries)) }]);
  assert.equal([...dirEntriesOf(await hashed.listFiles())], entries);
  assert.equal([hashed.nfiles, hashed.sizeBytes], [2, 4]);
  assert.equal(hashed.leftOut, [{ path: '.git', why: 'repository-folder' }]);
});

test.run();
