import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Oid } from '../../src/ports/git.ts';
import { git, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  commitChanges,
  type GitSubject,
  type GitSubjectFactory,
  OURS,
  rejectsWith,
  withSubject,
} from './git-subject.ts';

type Tip = { readonly first: Oid; readonly tip: Oid };

/** GitTransport: exactly the refs that were named travel, whatever the user's configuration adds. */
export function gitTransportConformance(title: string, make: GitSubjectFactory): void {
  const test = suite(`git transport: ${title}`);
  const it = (name: string, body: (subject: GitSubject, hub: string, commits: Tip) => Promise<void>): void => {
    test(name, () =>
      withSubject(make, async (subject) => {
        const hub = await makeRepository({ bare: true, objectFormat: subject.repository.layout.objectFormat });
        const { commit: first } = await commitChanges(subject, `${OURS}a`, undefined, [{ path: 'f', bytes: '1' }]);
        const { commit: tip } = await commitChanges(subject, `${OURS}a`, first, [{ path: 'f', bytes: '2' }]);
        await git(['config', 'remote.origin.url', `file://${hub}`], { cwd: subject.directory });
        await body(subject, hub, { first, tip });
      }),
    );
  };

  it('pushes objects to refs, fast-forward only', async ({ repository: { transport } }, hub, { first, tip }) => {
    const to = 'refs/theirs/a';
    assert.equal(await transport.push('origin', [{ from: first, to }]), [{ ref: to, status: 'ok' }]);
    assert.equal(await transport.push('origin', [{ from: tip, to }]), [{ ref: to, status: 'ok' }]);
    assert.equal(await transport.push(hub, [{ from: tip, to }]), [{ ref: to, status: 'up-to-date' }]);
    const [back, other] = await transport.push('origin', [
      { from: first, to },
      { from: first, to: 'refs/theirs/b' },
    ]);
    assert.equal([back?.status, other?.status], ['rejected', 'ok']);
    assert.match(back?.reason ?? '', /non-fast-forward/);
    const theirs = [
      { name: to, oid: tip },
      { name: 'refs/theirs/b', oid: first },
    ];
    assert.equal(await transport.listRemote('origin', ['refs/theirs/']), theirs);
    assert.equal(await transport.push('origin', []), []);
  });

  it('gives the words of the server’s hook, fit to print', async (subject, hub, { tip }) => {
    const { transport } = subject.repository;
    addHook(hub, 'pre-receive', 'printf "refs/theirs/a: no \\033[31mwriter.json\\007\\nline two\\n" >&2; exit 1');
    if (subject.refusesHooks === true) {
      await rejectsWith('environment', transport.push('origin', [{ from: tip, to: 'refs/theirs/a' }]));
      assert.equal(await transport.listRemote('origin', ['refs/theirs/']), []);
      return;
    }
    const [outcome] = await transport.push('origin', [{ from: tip, to: 'refs/theirs/a' }]);
    assert.is(outcome?.status, 'rejected');
    // Newer versions of git show a control character as `^G` by themselves.
    const shown = (outcome?.reason ?? '').replace('^G', '');
    assert.match(shown, /^pre-receive hook declined\nrefs\/theirs\/a: no writer\.json\nline two$/);
    assert.equal(await transport.listRemote('origin', ['refs/theirs/']), []);
  });

  it('runs no pre-push hook and obeys no push configuration', async (subject, hub, { tip }) => {
    const { transport, layout } = subject.repository;
    const mark = join(makeTempDirectory(), 'ran');
    addHook(layout.commonDir, 'pre-push', `touch ${mark}; exit 1`);
    const settings = {
      'remote.origin.push': 'refs/heads/*:refs/heads/*',
      'push.followTags': 'true',
      'remote.origin.mirror': 'true',
    };
    for (const [key, value] of Object.entries(settings)) await git(['config', key, value], { cwd: subject.directory });
    assert.equal(await transport.push('origin', [{ from: tip, to: 'refs/theirs/a' }]), [
      { ref: 'refs/theirs/a', status: 'ok' },
    ]);
    assert.is(existsSync(mark), false);
    assert.is((await git(['for-each-ref', '--format=%(refname)'], { cwd: hub })).stdout, 'refs/theirs/a\n');
  });

  it('fetches exactly the named refs, forced', async (subject, hub, { first, tip }) => {
    const { transport, refs } = subject.repository;
    await transport.push('origin', [
      { from: tip, to: 'refs/theirs/a' },
      { from: tip, to: 'refs/theirs/b' },
    ]);
    await git(['tag', '-m', 'tag', 'v1', tip], { cwd: hub });
    await git(['config', 'remote.origin.fetch', '+refs/*:refs/*'], { cwd: subject.directory });
    await git(['config', 'fetch.prune', 'true'], { cwd: subject.directory });
    await git(['config', 'remote.origin.tagOpt', '--tags'], { cwd: subject.directory });
    await transport.fetch('origin', [{ from: 'refs/theirs/a', to: `${OURS}from/a` }]);
    await transport.fetch(hub, [{ from: 'refs/theirs/a', to: `${OURS}from/b` }]);
    await transport.fetch('origin', []);
    await git(['update-ref', 'refs/theirs/a', first], { cwd: hub });
    await transport.fetch('origin', [{ from: 'refs/theirs/a', to: `${OURS}from/a` }]);
    const from = [
      { name: `${OURS}from/a`, oid: first },
      { name: `${OURS}from/b`, oid: tip },
    ];
    assert.equal(await refs.list([`${OURS}from/`]), from);
    await rejectsWith('not-found', transport.fetch('origin', [{ from: 'refs/theirs/gone', to: `${OURS}x` }]));
  });

  it('lists a remote by exact prefix, also an empty one', async ({ repository: { transport } }, hub, { tip }) => {
    assert.equal(await transport.listRemote('origin', ['refs/theirs/']), []);
    for (const to of ['refs/theirs/a', 'refs/heads/refs/theirs/c', 'refs/theirs/b/c', 'refs/theirsx/d']) {
      await transport.push(hub, [{ from: tip, to }]);
    }
    const names = (await transport.listRemote(hub, ['refs/theirs/'])).map(({ name }) => name);
    assert.equal(names, ['refs/theirs/a', 'refs/theirs/b/c']);
    assert.equal(await transport.listRemote(hub, ['refs/theirs/a']), [{ name: 'refs/theirs/a', oid: tip }]);
    assert.equal(await transport.listRemote(hub, []), []);
  });

  it('says which remote does not exist or answer', async ({ repository: { transport } }, _hub, { tip }) => {
    const nowhere = join(makeTempDirectory(), 'nowhere');
    for (const remote of ['unknown', nowhere, `file://${nowhere}`, '--upload-pack=touch', '', 'a\nb']) {
      await rejectsWith('no-remote', transport.listRemote(remote, ['refs/theirs/']));
      await rejectsWith('no-remote', transport.fetch(remote, [{ from: 'refs/theirs/a', to: `${OURS}x` }]));
      await rejectsWith('no-remote', transport.push(remote, [{ from: tip, to: 'refs/theirs/a' }]));
    }
    const error = await transport
      .listRemote('unknown', ['refs/x/'])
      .catch((reason: unknown) => reason as Error & { hint: string });
    assert.match(String(error), /unknown/);
    assert.match((error as { hint: string }).hint, /git remote/);
  });

  it('knows remotes and their URLs without credentials', async ({ directory, repository: { transport } }) => {
    assert.equal(await transport.remotes(), ['origin']);
    await git(['config', 'remote.other.url', 'https://me:secret@example.invalid/x.git'], { cwd: directory });
    assert.equal(await transport.remotes(), ['origin', 'other']);
    assert.is(await transport.remoteUrl('other'), 'https://example.invalid/x.git');
    assert.is(await transport.remoteUrl('none'), undefined);
  });

  test.run();
}

function addHook(gitDir: string, name: string, script: string): void {
  mkdirSync(join(gitDir, 'hooks'), { recursive: true });
  writeFileSync(join(gitDir, 'hooks', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(gitDir, 'hooks', name), 0o755);
}
