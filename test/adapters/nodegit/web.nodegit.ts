/** A web server as the remote of a repository that is opened inside this process. Run by `npm run test:nodegit`. */
import { rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commitChanges, OURS, rejectsWith, withSubject } from '../../conformance/git-subject.ts';
import { hideGit } from '../../helpers/no-git.ts';
import { git, makeRepository } from '../../helpers/sealed-git.ts';
import { openWebHost } from '../../helpers/web-host.ts';
import { openSubject } from './subjects.ts';

const { startedGits, real } = hideGit();
const it = suite('nodegit: a web server');
const make = async () => openSubject(await makeRepository());

it('is listed, pushed to and fetched from', async () => {
  const hub = await makeRepository({ bare: true });
  await git(['config', 'http.receivepack', 'true'], { cwd: hub });
  const host = await openWebHost(dirname(hub), real);
  const url = `${host.url}/${basename(hub)}`;
  await withSubject(make, async (subject) => {
    const { transport, refs } = subject.repository;
    const { commit: first } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: '1' }]);
    const { commit: tip } = await commitChanges(subject, `${OURS}a`, first, [{ path: 'd/g', bytes: '2' }]);
    const to = 'refs/theirs/a';
    assert.equal(await transport.listRemote(url, ['refs/theirs/']), []);
    assert.equal(await transport.push(url, [{ from: first, to }]), [{ ref: to, status: 'ok' }]);
    assert.equal(await transport.push(url, [{ from: tip, to }]), [{ ref: to, status: 'ok' }]);
    assert.equal(await transport.push(url, [{ from: tip, to }]), [{ ref: to, status: 'up-to-date' }]);
    const [back] = await transport.push(url, [{ from: first, to }]);
    assert.equal(back, { ref: to, status: 'rejected', reason: 'non-fast-forward' });
    assert.equal(await transport.listRemote(url, ['refs/theirs/']), [{ name: to, oid: tip }]);
    await transport.fetch(url, [{ from: to, to: `${OURS}b` }]);
    assert.is(await refs.resolve(`${OURS}b`), tip);
    await rejectsWith('not-found', transport.fetch(url, [{ from: 'refs/theirs/none', to: `${OURS}c` }]));
  });
  await withSubject(make, async ({ repository: { transport, objects, refs } }) => {
    await transport.fetch(url, [{ from: 'refs/theirs/a', to: `${OURS}b` }]);
    const commit = await refs.resolve(`${OURS}b`);
    assert.is(commit === undefined ? '' : (await objects.readTree(await objects.treeOf(commit))).length, 2);
  });
  await host.close();
});

it('is heard when it refuses', async () => {
  const hub = await makeRepository({ bare: true });
  await git(['config', 'http.receivepack', 'true'], { cwd: hub });
  writeFileSync(join(hub, 'hooks/pre-receive'), '#!/bin/sh\necho why >&2\nexit 1\n', { mode: 0o755 });
  const host = await openWebHost(dirname(hub), real);
  await withSubject(make, async (subject) => {
    const { commit } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: '1' }]);
    const url = `${host.url}/${basename(hub)}`;
    const [outcome] = await subject.repository.transport.push(url, [{ from: commit, to: 'refs/theirs/a' }]);
    assert.is(outcome?.status, 'rejected');
    assert.match(outcome?.reason ?? '', /^pre-receive hook declined\n/);
  });
  await host.close();
});

it('that does not answer, wants a login or sends half is named', async () => {
  const hub = await makeRepository({ bare: true });
  const open = await openWebHost(dirname(hub), real);
  const locked = await openWebHost(dirname(hub), real, true);
  const commit = await plantBroken(hub);
  await withSubject(make, async ({ repository: { transport, refs } }) => {
    await rejectsWith('no-remote', transport.listRemote(`${open.url}/none`, ['refs/x/']));
    await rejectsWith('environment', transport.listRemote(`${locked.url}/${basename(hub)}`, ['refs/x/']));
    const broken = transport.fetch(`${open.url}/${basename(hub)}`, [{ from: 'refs/theirs/broken', to: `${OURS}b` }]);
    assert.ok(
      await broken.then(
        () => false,
        (error: Error) => error.name === 'CmfError',
      ),
      commit,
    );
    assert.is(await refs.resolve(`${OURS}b`), undefined);
  });
  await Promise.all([open.close(), locked.close()]);
  await withSubject(make, async ({ repository: { transport } }) => {
    await rejectsWith('no-remote', transport.listRemote(`${open.url}/x`, ['refs/x/']));
  });
  assert.equal(startedGits(), []);
});

it.run();

/** A commit one of whose blobs is gone. */
async function plantBroken(hub: string): Promise<string> {
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: hub, input: 'gone' })).stdout.trim();
  const tree = (await git(['mktree'], { cwd: hub, input: `100644 blob ${blob}\tf\n` })).stdout.trim();
  const commit = (await git(['commit-tree', '-m', 'broken', tree], { cwd: hub })).stdout.trim();
  await git(['update-ref', 'refs/theirs/broken', commit], { cwd: hub });
  rmSync(join(hub, 'objects', blob.slice(0, 2), blob.slice(2)), { force: true });
  return commit;
}
