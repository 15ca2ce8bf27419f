import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createObjectCache } from '../../../src/adapters/files/object-cache.ts';
import { md5Hex } from '../../../src/domain/digest.ts';
import type { CachePlace } from '../../../src/domain/dvc-cache.ts';
import { encodeDvcDir } from '../../../src/domain/dvc-dir.ts';
import type { FetchInto } from '../../../src/ports/object-cache.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('object-intake');

function open(sync: (folder: string) => Promise<boolean> = async () => true) {
  const directory = makeTempDirectory('cache');
  const place: CachePlace = { directory, linkTypes: ['copy'], group: false };
  const cache = createObjectCache({ temporaries: [join(directory, 'tmp')], sync });
  return { directory, place, cache, intake: cache.openIntake(place) };
}

/** Writes a text in two pieces, after a first try that broke. */
function bringing(text: string): FetchInto {
  return async (path, observe) => {
    observe()(Buffer.from('a try that broke'));
    const see = observe();
    see(Buffer.from(text.slice(0, 1)));
    see(Buffer.from(text.slice(1)));
    writeFileSync(path, text, { flag: 'wx' });
    return text.length;
  };
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(directory, path)).isFile());
}

test('an object gets its name and its mode only when it is durable', async () => {
  const order: string[] = [];
  const { directory, place, cache, intake } = open(async () => {
    order.push(`sync with ${filesIn(directory).filter((path) => !path.endsWith('.tmp')).length} named`);
    return true;
  });
  for (const text of ['one', 'two']) await intake.take({ kind: 'md5', value: md5Hex(text) }, bringing(text));
  assert.not.ok(cache.has(place, { kind: 'md5', value: md5Hex('one') }));
  await intake.commit();
  assert.equal(order, ['sync with 0 named']);
  const path = cache.pathOf(place, { kind: 'md5', value: md5Hex('one') });
  assert.is(readFileSync(path, 'utf8'), 'one');
  assert.is(statSync(path).mode & 0o7777, 0o444);
});

test('other bytes are refused, and nothing of them stays', async () => {
  const { directory, intake } = open();
  const taking = intake.take({ kind: 'md5', value: md5Hex('right') }, bringing('wrong'));
  await taking.then(
    () => assert.unreachable(),
    ({ code }) => assert.is(code, 'damaged'),
  );
  await intake.commit();
  assert.equal(filesIn(directory), []);
});

test('what a failed fetch or a given-up intake left is removed', async () => {
  const { directory, intake } = open();
  const broken: FetchInto = async (path) => {
    writeFileSync(path, 'half');
    throw new TypeError('cut');
  };
  await intake.take({ kind: 'md5', value: md5Hex('half of it') }, broken).then(
    () => assert.unreachable(),
    () => undefined,
  );
  await intake.take({ kind: 'md5', value: md5Hex('whole') }, bringing('whole'));
  intake.discard();
  assert.equal(filesIn(directory), []);
});

test('a list of a folder is taken if readers may accept it', async () => {
  const { directory, intake, place, cache } = open();
  const good = encodeDvcDir([{ relpath: 'a', md5: md5Hex('a') }]);
  await intake.take({ kind: 'md5-dir', value: md5Hex(good) }, bringing(good));
  await intake.commit();
  assert.is(cache.readDirectory(place, { kind: 'md5-dir', value: md5Hex(good) })?.toString(), good);
  for (const evil of [
    good.replace('"a"', '"../a"'),
    good.replace('"a"', '"/a"'),
    good.replace('"a"', '".git/a"'),
    '{}',
  ]) {
    const taking = intake.take({ kind: 'md5-dir', value: md5Hex(evil) }, bringing(evil));
    await taking.then(
      () => assert.unreachable(),
      ({ code }) => assert.is(code, 'damaged'),
    );
  }
  assert.is(filesIn(directory).length, 1);
});

test('an object of DVC 2 by its own kind of MD5', async () => {
  const { intake, cache, place } = open();
  const text = 'line\r\n';
  await intake.take({ kind: 'md5-dos2unix', value: md5Hex('line\n') }, bringing(text));
  await intake.commit();
  assert.is(readFileSync(cache.pathOf(place, { kind: 'md5-dos2unix', value: md5Hex('line\n') }), 'utf8'), text);
});

test('replaces what is there under its name', async () => {
  const { intake, cache, place } = open();
  const digest = { kind: 'md5', value: md5Hex('right') };
  const path = cache.pathOf(place, digest);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'wrong');
  await intake.take(digest, bringing('right'));
  await intake.commit();
  assert.is(readFileSync(path, 'utf8'), 'right');
  assert.ok(existsSync(path));
});

test.run();
