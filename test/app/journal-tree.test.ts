import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import {
  pathsOf,
  readEntries,
  readSegments,
  readWriterRecord,
  type ValidationRequest,
  validateJournalTree,
} from '../../src/app/journal-tree.ts';
import { VerifiedFiles } from '../../src/app/verified-files.ts';
import { encodeCanonical } from '../../src/domain/canonical-json.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import { type Said, saidBy } from '../../src/domain/entry.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { GATE, segmentPath, WRITER_JSON } from '../../src/domain/layout.ts';
import type { Segment } from '../../src/domain/segment.ts';
import { signText } from '../../src/domain/signature.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import { journalFiles, T0, testBucket, testEntries, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { Folder, folderOf, type Plant, plantBlob, plantTree } from '../helpers/plant-tree.ts';
import { makeRepository, makeTempDirectory, runSealed, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; repository: GitRepository };

const it = suite<Bench>('app: validation of journals');
const writer = testWriter(1);
const other = testWriter(2);
const first = testSegment(writer);
const second = testSegment(writer, { number: 1, atMs: T0 + 86_400_000, count: 3 });
const good = journalFiles(writer, [first]);

it.before(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  bench.repository = await openRepository(bench.directory, { env: sealedEnv() });
});
it.after((bench) => bench.repository.close());

async function validate({ repository }: Bench, tree: Oid, more: Partial<ValidationRequest> = {}) {
  const request = { tree, writer: writer.record.writer, base: undefined, purged: new Set<never>(), ...more };
  return validateJournalTree(repository.objects, request);
}

/** Validates files on top of a base and returns the refusal: `code: message`. */
async function refusal(bench: Bench, files: Record<string, Plant> | Folder, more: Partial<ValidationRequest> = {}) {
  const tree = await plantTree(bench.directory, files instanceof Folder ? files : folderOf(files));
  return refusalOf(validate(bench, tree, more));
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    assert.not.match(error.message, /\n/);
    return `${error.code}: ${error.message}`;
  }
  return 'accepted';
}

it('accepts a journal and returns what is new, verified', async (bench) => {
  const base = await plantTree(bench.directory, folderOf(good));
  const tree = await plantTree(bench.directory, folderOf(journalFiles(writer, [first, second])));
  const all = await validate(bench, tree);
  assert.equal(all.writer, writer.record);
  assert.equal(all.added.map(({ sha256 }) => sha256).sort(), [first.sha256, second.sha256].sort());
  assert.equal((await validate(bench, tree, { base })).added, [second]);
  assert.equal((await validate(bench, tree, { base: tree })).added, []);
});

it('reads a trusted journal back', async ({ directory, repository: { objects } }) => {
  const files = journalFiles(writer, [first, second]);
  const tree = await plantTree(directory, folderOf(files));
  const read: Said[] = [];
  for await (const some of readEntries(objects, tree, writer.record, { keep: saidBy })) read.push(...some);
  assert.equal(new Set(read), new Set([first, second].flatMap(({ entries }) => entries.map(saidBy))));
  const paths = await pathsOf(objects, tree);
  assert.equal([...paths.keys()].sort(), Object.keys(files).sort());
  const again: Segment[] = [];
  for await (const segment of readSegments(objects, paths, writer.record.key)) again.push(segment);
  assert.equal(new Set(again), new Set([first, second]));
});

it('does not read again what was verified, and reads it where anything differs', async (bench) => {
  const { directory, repository } = bench;
  const files = journalFiles(writer, [first, second]);
  const tree = await plantTree(directory, folderOf(files));
  const oids = await pathsOf(repository.objects, tree);
  const read: Oid[] = [];
  const readBlobs = (wanted: readonly Oid[]) => {
    read.push(...wanted);
    return repository.objects.readBlobs(wanted);
  };
  const objects = Object.assign(Object.create(repository.objects) as GitRepository['objects'], { readBlobs });
  const entriesWith = async (verified: VerifiedFiles): Promise<readonly Said[]> => {
    const found: Said[] = [];
    for await (const some of readEntries(objects, tree, writer.record, { keep: saidBy, verified })) found.push(...some);
    return found;
  };
  const all = await entriesWith(new VerifiedFiles());
  const placeOf = (segment: Segment) => ({ path: segmentPath(segment), oid: oids.get(segmentPath(segment)) as Oid });
  for (const segment of [first, second]) {
    const verified = new VerifiedFiles();
    verified.add(writer.record.writer, placeOf(segment), segment.entries.map(saidBy));
    read.length = 0;
    assert.equal(await entriesWith(verified), all, 'the same entries in the same order');
    assert.equal(read, [placeOf(segment === first ? second : first).oid]);
  }
  const others = new VerifiedFiles();
  others.add(CAST.bob.id, placeOf(first), []);
  others.add(writer.record.writer, { ...placeOf(first), oid: placeOf(second).oid }, []);
  others.add(writer.record.writer, { ...placeOf(first), path: segmentPath(second) }, []);
  read.length = 0;
  assert.equal(await entriesWith(others), all);
  assert.is(read.length, 2);
});

it('accepts a purged segment, whose first line tells no time', async (bench) => {
  const lines = second.text.split('\n');
  lines[1] = encodeCanonical({ purged: second.entries[0]?.id ?? '' });
  const text = lines.join('\n');
  const sha256 = sha256Hex(text);
  const path = segmentPath(second)
    .replace(second.sha256, sha256)
    .replace(/\/..\/(?=[^/]*$)/, `/${sha256.slice(0, 2)}/`);
  assert.is(await refusal(bench, { ...good, [path]: text }), 'accepted');
});

it('refuses a path of the base that is gone or changed', async (bench) => {
  const base = await plantTree(bench.directory, folderOf(journalFiles(writer, [first, second])));
  assert.match(await refusal(bench, good, { base }), /^refused: object \w+ at 'seg\/.*': was removed$/);
  assert.is(await refusal(bench, good, { base, allowMissingFromBase: true }), 'accepted');
  const changed = { ...journalFiles(writer, [first, second]), [segmentPath(first)]: 'other' };
  assert.match(await refusal(bench, changed, { base }), /at 'seg\/.*': was changed$/);
});

it('refuses a missing gate, another gate, a gate with content', async (bench) => {
  const { [GATE]: _, ...gateless } = good;
  assert.match(await refusal(bench, gateless), /at the top folder: has no cmf-format-1$/);
  assert.match(await refusal(bench, { ...gateless, 'cmf-format-2': '' }), /^newer-format: .*is of cmf-format-2/);
  assert.match(await refusal(bench, { ...good, [GATE]: 'x' }), /at 'cmf-format-1': has 1 bytes; 0 are the limit/);
});

it('reads a writer only behind the gate', async ({ directory, repository: { objects } }) => {
  const { [GATE]: _, ...gateless } = good;
  const read = async (files: Record<string, Plant>) =>
    refusalOf(readWriterRecord(objects, await plantTree(directory, folderOf(files))));
  assert.is(await read(good), 'accepted');
  assert.match(await read(gateless), /^refused: .*has no cmf-format-1$/);
  assert.match(await read({ ...gateless, 'cmf-format-x': '' }), /^refused: .*has no cmf-format-1$/);
  assert.match(await read({ ...gateless, 'cmf-format-2': '' }), /^newer-format: .*is of cmf-format-2/);
});

it('refuses a writer.json that is missing, of another, forged or too long', async (bench) => {
  const { [WRITER_JSON]: _, ...anonymous } = good;
  assert.match(await refusal(bench, anonymous), /has no writer\.json$/);
  assert.match(await refusal(bench, { ...good, [WRITER_JSON]: other.record.text }), /is of writer \w+, not of/);
  const forged = writer.record.text.replace(/"created":"./, '"created":"1');
  assert.match(await refusal(bench, { ...good, [WRITER_JSON]: forged }), /^damaged: .*is not signed by its key$/);
  assert.match(await refusal(bench, { ...good, [WRITER_JSON]: 'x'.repeat(70_000) }), /has 70000 bytes; 65536 are/);
});

it('refuses a forged signature, none, and a segment of another writer', async (bench) => {
  const forged = testSegment({ secret: other.secret, record: writer.record });
  assert.match(
    await refusal(bench, journalFiles(writer, [forged])),
    /^damaged: object \w+ at 'seg.*: a segment is not signed by its writer$/,
  );
  const unsigned = rename(first, first.text.split('\n').slice(0, -2).join('\n').concat('\n'));
  assert.match(await refusal(bench, { ...good, ...unsigned }), /a segment does not end in a signature$/);
  assert.match(await refusal(bench, journalFiles(writer, [testSegment(other)])), /not signed by its writer$/);
  const signedForOther = testSegment({ secret: writer.secret, record: other.record });
  assert.match(
    await refusal(bench, journalFiles(writer, [signedForOther])),
    /a segment of writer \w+ in the journal of/,
  );
});

/** A file as a segment of the bucket `_` would lie, with any text. */
function rename(segment: Segment, text: string): Record<string, string> {
  const sha256 = sha256Hex(text);
  const [seg, bucket, month] = segmentPath(segment).split('/');
  return { [`${seg}/${bucket}/${month}/${sha256.slice(0, 2)}/${segment.entries[0]?.hlc}-${sha256}.jsonl`]: text };
}

/** A segment with one line that no honest program writes, signed by the writer. */
function withLine(line: string): Record<string, string> {
  const header = first.text.split('\n')[0] ?? '';
  const signed = `git-cmf segment 1\n${header}\n${sha256Hex(line)}\n`;
  return rename(
    first,
    `${[header, line, encodeCanonical({ signature: signText(writer.secret, signed) })].join('\n')}\n`,
  );
}

it('refuses a name that does not fit its bytes, its bucket, its time or its month', async (bench) => {
  const path = segmentPath(first);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const moved = (to: string) => refusal(bench, { [GATE]: '', [WRITER_JSON]: writer.record.text, [to]: first.text });
  assert.match(await moved(segmentPath(second)), /name does not contain the SHA-256 of its bytes$/);
  assert.match(await moved(path.replace('seg/_', `seg/${testBucket('p')}`)), /bucket _ in the folder of another$/);
  const later = name.replace(/^\w+/, hlcAt(T0 + 5));
  assert.match(await moved(path.replace(name, later)), /name does not contain the time of its first entry$/);
  assert.match(await moved(path.replace('2024-01', '2024-02')), /a name that format 1 does not have here$/);
  assert.match(await moved(path.replace(/\/..\/(?=[^/]*$)/, '/zz/')), /a name that format 1 does not have here$/);
  assert.match(await moved(path.replace('.jsonl', '.json')), /a name that format 1 does not have here$/);
});

it('refuses strange names', async (bench) => {
  assert.match(await refusal(bench, { ...good, 'ext/x': 'x' }), /at 'ext': a name that format 1 reserves$/);
  const sha256 = sha256Hex('nobody signed this');
  const blob = { [`blob/_/${sha256.slice(0, 2)}/${sha256}`]: 'nobody signed this' };
  assert.match(await refusal(bench, { ...good, ...blob }), /^refused: .* at 'blob': a name that format 1 reserves$/);
  assert.match(await refusal(bench, { ...good, 'a\nb\x1b': 'x' }), /at 'a\\x0ab\\x1b': a name that format 1 does/);
  assert.match(await refusal(bench, { ...good, '..': 'x' }), /at '\.\.': a name that leads out of its folder$/);
  assert.match(await refusal(bench, { ...good, 'seg/../x': 'x' }), /at 'seg\/\.\.': a name that leads out/);
  assert.match(await refusal(bench, { ...good, '.git/hooks': 'x' }), /at '\.git': a name that format 1 does not/);
});

it('refuses every mode but the two, at every level', async (bench) => {
  const path = segmentPath(first);
  const withMode = (mode: string, at = path, what: Plant = first.text) =>
    refusal(bench, { ...good, [at]: { mode, what } });
  assert.match(await withMode('120000'), /is a symbolic link where a file must be$/);
  assert.match(await withMode('100755'), /is an executable file where a file must be$/);
  assert.match(await withMode('160000', 'seg/'.concat('a'.repeat(64))), /is a submodule where a folder must be$/);
  assert.match(await withMode('100600'), /has mode '100600' where a file must be$/);
  assert.match(await withMode('100644', 'seg'), /at 'seg': is a file where a folder must be$/);
  assert.match(await withMode('40000', WRITER_JSON, folderOf({ x: '' })), /is a tree where a file must be$/);
  const anonymous = journalFiles(writer, []);
  const lying = { mode: '40000', what: await plantBlob(bench.directory, 'x') };
  assert.match(await refusal(bench, { ...anonymous, seg: lying }), /at 'seg': is a blob where a folder must be$/);
  const tree = await plantTree(bench.directory, folderOf({ x: '' }));
  assert.match(
    await refusal(bench, { ...good, [path]: { mode: '100644', what: tree } }),
    /is a tree where a file must be$/,
  );
});

it('refuses trees that git would not write', async (bench) => {
  const sound = folderOf(good).entries;
  assert.match(await refusal(bench, new Folder([...sound].reverse())), /lists '.*' twice or out of order$/);
  const gate = sound.filter(([name]) => name === GATE);
  assert.match(await refusal(bench, new Folder([...gate, ...sound])), /lists 'cmf-format-1' twice or out of order$/);
  assert.match(
    await refusal(bench, { ...journalFiles(writer, []), seg: new Folder([]) }),
    /at 'seg': is an empty folder$/,
  );
  const padded = new Folder(
    sound.map(([name, plant]) => [name, name === 'seg' ? { mode: '040000', what: plant } : plant]),
  );
  assert.match(await refusal(bench, padded), /at 'seg': has mode '0040000' where a folder must be$/);
  const missing = { mode: '100644', what: 'a'.repeat(40) as Oid };
  const absent = folderOf(journalFiles(writer, [second])).entries;
  assert.ok(absent.length > 0);
  assert.match(await refusal(bench, { ...good, [segmentPath(second)]: missing }), /is missing$/);
});

it('ends at once on a tree bomb', async (bench) => {
  let bomb: Plant = 'boom';
  for (let depth = 0; depth < 11; depth++) {
    const inside = bomb;
    bomb = new Folder(Array.from({ length: 10 }, (_, i) => [`d${i}`, inside]));
  }
  assert.match(await refusal(bench, bomb as Folder), /at the top folder: has no cmf-format-1$/);
  assert.match(
    await refusal(bench, { ...journalFiles(writer, []), seg: bomb }),
    /at 'seg\/d0': a name that format 1 does not have here$/,
  );
});

it('ends at once on a tree bomb whose every name follows the layout', async (bench) => {
  const hex = (i: number, length: number) => i.toString(16).padStart(length, '0');
  const many = (count: number, name: (i: number) => string, what: Plant) =>
    new Folder(Array.from({ length: count }, (_, i) => [name(i), what]));
  const fanouts = many(256, (i) => hex(i, 2), new Folder([['x', 'boom']]));
  const months = many(99, (i) => `20${String(i).padStart(2, '0')}-01`, fanouts);
  const segments = many(5000, (i) => hex(i, 64), months);
  assert.match(
    await refusal(bench, { ...journalFiles(writer, []), seg: segments }),
    /: the same folder lies elsewhere in this tree too$/,
  );
});

it('refuses more than the limits, before reading', async (bench) => {
  const files = journalFiles(writer, [first, second]);
  const limits = { pathsMax: 8, sizeBytesMax: 1e9 };
  assert.match(await refusal(bench, files, { limits }), /: more than 8 new files and folders at once$/);
  assert.match(
    await refusal(bench, files, { limits: { pathsMax: 1e9, sizeBytesMax: 999 } }),
    /: more than 999 new bytes at/,
  );
  const wide = new Folder(Array.from({ length: 300 }, (_, i) => [`f${i}`, '']));
  assert.match(
    await refusal(bench, { ...good, [`seg/${testBucket('p')}/2024-01`]: wide }),
    /has 300 entries; 256 are the limit here$/,
  );
  const long = new Folder([['x'.repeat(50_000), '']]);
  assert.match(
    await refusal(bench, { ...good, [`seg/${testBucket('p')}/2024-01`]: long }),
    /is a folder of 500\d\d bytes; 256 entries are/,
  );
});

it('refuses a gigabyte of zeros by its size, without reading it', async (bench) => {
  const zeros = `${makeTempDirectory()}/zeros`;
  await runSealed('truncate', ['-s', '1G', zeros], { cwd: bench.directory });
  const args = ['-c', 'core.compression=1', 'hash-object', '-w', '--no-filters', zeros];
  const what = (await runSealed('git', args, { cwd: bench.directory })).stdout.trim() as Oid;
  const place = { mode: '100644', what };
  assert.match(
    await refusal(bench, { ...good, [WRITER_JSON]: place }),
    /has 1073741824 bytes; 65536 are the limit for/,
  );
  const segment = { ...good, [segmentPath(second)]: place };
  assert.match(await refusal(bench, segment), /has 1073741824 bytes; 1048576 are the limit for a segment file$/);
});

it('refuses an oversize segment and an oversize line', async (bench) => {
  const long = rename(first, 'x'.repeat(1024 * 1024 + 1));
  assert.match(await refusal(bench, { ...good, ...long }), /has 1048577 bytes; 1048576 are the limit for a segment/);
  const line = lineWith({ op: { values: { title: 'x'.repeat(65_536) } } });
  assert.match(await refusal(bench, { ...good, ...withLine(line) }), /an entry is longer than 65536 bytes$/);
});

/** A line of an honest entry with some members replaced. */
function lineWith(members: Record<string, unknown>): string {
  const [entry] = testEntries(writer);
  return encodeCanonical({ ...JSON.parse(entry?.line ?? '{}'), ...members });
}

it('refuses hostile JSON and keeps what only looks hostile', async (bench) => {
  const line = (text: string) => refusal(bench, { ...good, ...withLine(text) });
  const deep = lineWith({}).replace('"op":{', `"op":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)},`);
  assert.match(await line(deep), /JSON is nested deeper than 64 levels$/);
  assert.match(await line(lineWith({}).replace('"op":{', '"op":{"values":1,')), /not canonical/);
  assert.match(
    await line(lineWith({}).replace('{"bucket', '{"__proto__":{"a":1},"bucket')),
    /has a member '__proto__'/,
  );
  const polluting = lineWith({}).replace('"op":{', '"op":{"__proto__":{"polluted":true},');
  assert.is(await line(polluting), 'accepted');
  assert.is(({} as Record<string, unknown>)['polluted'], undefined);
  assert.match(await line('\xff\xfe not json'), /text is not JSON$/);
  assert.match(await line(lineWith({ writer: other.record.writer })), /holds an entry of/);
  assert.match(await line(lineWith({ bucket: testBucket('p') })), /holds an entry of bucket/);
});

it('refuses bytes that are no UTF-8, and a byte order mark', async (bench) => {
  const bytes = Buffer.concat([Buffer.from(first.text), Buffer.from([0xff, 0x0a])]);
  const sha256 = sha256Hex(bytes);
  const path = `seg/_/2024-01/${sha256.slice(0, 2)}/${first.entries[0]?.hlc}-${sha256}.jsonl`;
  assert.match(await refusal(bench, { ...good, [path]: bytes }), /text is not UTF-8$/);
  assert.match(await refusal(bench, { ...good, ...rename(first, `\ufeff${first.text}`) }), /text is not JSON$/);
});

it('refuses a clock too far ahead, only when it is asked to look', async (bench) => {
  const files = journalFiles(writer, [first, second]);
  assert.match(
    await refusal(bench, files, { acceptUntilMs: T0 + 1000 }),
    /is dated 2024-01-02T00:00:00\.000Z, too far in/,
  );
  assert.is(await refusal(bench, files), 'accepted');
});

it('refuses what was purged, also under a new seal', async (bench) => {
  const gone = first.entries[0]?.id as Segment['entries'][number]['id'];
  const purged = new Set([gone]);
  assert.match(await refusal(bench, good, { purged }), new RegExp(`entry ${gone} was purged and cannot come back$`));
  const { ann, ann2 } = CAST;
  const resealed = testSegment(ann2, { was: { id: gone, writer: ann.id } });
  const files = journalFiles(ann2, [resealed]);
  assert.match(await refusal(bench, files, { purged, writer: ann2.id }), /was purged and cannot come back$/);
  // Nobody speaks for a writer whom he does not continue, so nothing was sealed again here.
  const claimed = testSegment(writer, { was: { id: gone, writer: other.record.writer } });
  assert.is(await refusal(bench, journalFiles(writer, [claimed]), { purged }), 'accepted');
});

it.run();
