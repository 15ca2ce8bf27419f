import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openHashCache } from '../../../src/adapters/files/hash-cache.ts';
import { RESULT_BYTES, writeResult } from '../../../src/adapters/files/hash-result.ts';
import { recallSums } from '../../../src/adapters/files/recall-sums.ts';
import { surveyDirectory } from '../../../src/adapters/files/survey-directory.ts';
import { createFileTable } from '../../../src/domain/file-table.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('recall-sums');

function resultOf(path: string, digit: string): Buffer {
  const result = Buffer.alloc(RESULT_BYTES);
  writeResult(result, path, statSync(path), { md5: digit.repeat(32), blake3: digit.repeat(64), sha256: '' });
  return result;
}

test('every name of a file that is known has its digests; of several records the newest counts', async () => {
  const root = makeTempDirectory('recall-sums');
  const top = join(root, 'd');
  mkdirSync(join(top, 'below'), { recursive: true });
  for (const name of ['a', 'b', 'below/c']) writeFileSync(join(top, name), name);
  linkSync(join(top, 'a'), join(top, 'a-too'));
  linkSync(join(top, 'a'), join(top, 'below/a'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const cache = openHashCache(join(root, 'hashes'));
  cache.begin();
  for (const digit of ['1', '2']) cache.note(resultOf(join(top, 'a'), digit), 0);
  cache.note(resultOf(join(top, 'below/c'), '3'), 0);
  cache.save();
  const survey = await surveyDirectory(top, { rules: [], inRepository: 'd', leaveOut: () => undefined });
  const files = createFileTable();
  for (const { relpath, names } of survey.parts) for (const name of names) files.add(join(`${relpath}`, `${name}`), 1);
  const known = recallSums(openHashCache(join(root, 'hashes')), survey, files);
  const found = Array.from(known, (is, row) => [files.path(row), is === 1 ? files.md5(row)[0] : '']);
  assert.equal(found, [
    ['a', '2'],
    ['a-too', '2'],
    ['b', ''],
    ['below/a', '2'],
    ['below/c', '3'],
  ]);
});

test.run();
