import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Oid } from '../../src/ports/git.ts';
import { git } from '../helpers/sealed-git.ts';
import {
  absentOid,
  commitChanges,
  type GitSubject,
  type GitSubjectFactory,
  OURS,
  rejectsWith,
  withSubject,
} from './git-subject.ts';

/** GitObjects: what is read is what git stored, for any name, size and number. */
export function gitObjectsConformance(title: string, make: GitSubjectFactory): void {
  const test = suite(`git objects: ${title}`);
  const it = (name: string, body: (subject: GitSubject) => Promise<void>): void => {
    test(name, () => withSubject(make, body));
  };

  it('tells type and size of objects, and nothing of missing ones, in the given order', async (subject) => {
    const { objects } = subject.repository;
    const { commit, tree } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: 'hello' }]);
    const blob = await store(subject, Buffer.from('hello'));
    const infos = await objects.infos([blob, absentOid(subject), tree, commit]);
    assert.equal(
      infos.map((info) => info?.type),
      ['blob', undefined, 'tree', 'commit'],
    );
    assert.equal(infos[0], { oid: blob, type: 'blob', sizeBytes: 5 });
    assert.is(await objects.info(absentOid(subject)), undefined);
  });

  it('reads blobs byte for byte: empty, binary, with newlines, 10 MB', async (subject) => {
    const big = Buffer.alloc(10 * 1024 * 1024, 'a line of ten\n\0');
    const contents = [Buffer.alloc(0), Buffer.from('\n'), Buffer.from([0, 255, 10, 13, 0]), big, Buffer.from('end')];
    const oids: Oid[] = [];
    for (const content of contents) oids.push(await store(subject, content));
    for (const [index, oid] of oids.entries()) {
      assert.ok(contents[index]?.equals(await subject.repository.objects.readBlob(oid)), `blob ${index}`);
    }
    const streamed: Uint8Array[] = [];
    for await (const bytes of subject.repository.objects.readBlobs(oids)) streamed.push(bytes);
    assert.ok(streamed.every((bytes, index) => contents[index]?.equals(bytes)));
    assert.is(streamed.length, contents.length);
  });

  it('answers 5,000 reads at once, each with its own bytes', async (subject) => {
    const changes = Array.from({ length: 5000 }, (_, i) => ({ path: `${i % 50}/${i}`, bytes: `content ${i}` }));
    const { tree } = await commitChanges(subject, `${OURS}many`, undefined, changes);
    const { objects } = subject.repository;
    const files = (await Promise.all((await objects.readTree(tree)).map(({ oid }) => objects.readTree(oid)))).flat();
    const all = await Promise.all(files.map(({ oid }) => objects.readBlob(oid)));
    assert.is(all.length, 5000);
    assert.ok(all.every((bytes, i) => Buffer.from(bytes).toString() === `content ${files[i]?.name}`));
    let next = 0;
    for await (const bytes of objects.readBlobs(files.map(({ oid }) => oid))) {
      assert.is(Buffer.from(bytes).toString(), `content ${files[next]?.name}`);
      next += 1;
    }
    assert.is(next, 5000);
  });

  it('lets a consumer of many blobs stop early and ask other things in between', async (subject) => {
    const changes = Array.from({ length: 400 }, (_, i) => ({ path: `${i}`, bytes: `${i}` }));
    const { tree } = await commitChanges(subject, `${OURS}many`, undefined, changes);
    const { objects } = subject.repository;
    const oids = (await objects.readTree(tree)).map(({ oid }) => oid);
    let seen = 0;
    for await (const bytes of objects.readBlobs(oids)) {
      assert.is((await objects.info(tree))?.type, 'tree');
      assert.ok(bytes.length > 0);
      seen += 1;
      if (seen === 300) break;
    }
    assert.is(Buffer.from(await objects.readBlob(oids[0] as Oid)).toString(), '0');
  });

  it('tells when a commit was made', async (subject) => {
    const { commit } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: 'x' }]);
    assert.is(await subject.repository.objects.timeOf(commit), 1_704_067_200);
    await rejectsWith('damaged', subject.repository.objects.timeOf(absentOid(subject)));
  });

  it('rejects a missing or mistyped object as damaged', async (subject) => {
    const { objects } = subject.repository;
    const { commit, tree } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: 'x' }]);
    await rejectsWith('damaged', objects.readBlob(absentOid(subject)));
    await rejectsWith('damaged', objects.readBlob(tree));
    await rejectsWith('damaged', objects.readTree(commit));
    await rejectsWith('damaged', objects.readTree(absentOid(subject)));
    await rejectsWith('damaged', objects.treeOf(absentOid(subject)));
    await rejectsWith('damaged', objects.readMessage(tree));
    await rejectsWith('damaged', objects.readBlob('HEAD\ninfo HEAD' as Oid));
    assert.is(await objects.treeOf(commit), tree);
    assert.is(await objects.treeOf(tree), tree);
  });

  it('shows hostile trees as they are', async (subject) => {
    const { objects } = subject.repository;
    const blob = await store(subject, Buffer.from('x'));
    const names = [
      ['40000', '..'],
      ['100644', 'a b'],
      ['0100644', 'zero'],
      ['120000', 'link'],
      ['100664', '\xff\xfe\n'],
    ];
    const raw = names.map(([mode, name]) => [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(blob, 'hex')]);
    const tree = await store(subject, Buffer.concat(raw.flat()), 'tree');
    assert.equal(
      (await objects.readTree(tree)).map(({ mode, name }) => [mode, name]),
      [
        ['040000', '..'],
        ['100644', 'a b'],
        ['00100644', 'zero'],
        ['120000', 'link'],
        ['100664', '\xff\xfe\n'],
      ],
    );
    const padded = Buffer.concat([Buffer.from('040000 d\0'), Buffer.from(blob, 'hex')]);
    assert.is((await objects.readTree(await store(subject, padded, 'tree')))[0]?.mode, '0040000');
  });

  it('reads the message of a commit', async (subject) => {
    const request = { ref: `${OURS}a`, expected: undefined, parents: [], changes: [], timeSeconds: 0 };
    const result = await subject.repository.writer.commit({ ...request, message: 'first ✓\n\nkey: value\n' });
    assert.is(result.kind, 'moved');
    const commit = await subject.repository.refs.resolve(`${OURS}a`);
    assert.is(await subject.repository.objects.readMessage(commit as Oid), 'first ✓\n\nkey: value\n');
  });

  test.run();
}

async function store({ directory }: GitSubject, bytes: Uint8Array, type = 'blob'): Promise<Oid> {
  const args = ['hash-object', '-w', '-t', type, '--literally', '--stdin'];
  return (await git(args, { cwd: directory, input: bytes })).stdout.trim() as Oid;
}
