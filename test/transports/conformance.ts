/**
 * What push and pull must do, whatever carries them. Each transport hands its server to this one body of tests, and may add
 * tests of its own to the suite that comes back; the caller runs it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REFS } from '../../src/domain/ids.ts';
import { type Finished, git, makeCommit, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import { type CmfOptions, cmf, digestAt, mergedTree, recordRun, settle, viewAt } from '../helpers/sites.ts';
import { type Serving, startRelay } from './serving.ts';

/** A server with what the tests do to it. */
export type Meeting = {
  readonly served: Serving;
  /** Makes a central repository; its name, and where it lies. */
  readonly central: () => Promise<{ readonly name: string; readonly path: string }>;
  /** A clone of it that records. */
  readonly site: (name: string) => Promise<string>;
  readonly cmf: (site: string, args: readonly string[], options?: CmfOptions) => Promise<Finished>;
};

/** Registers the tests that hold for every transport. */
export function transportSuite<Server extends Serving>(name: string, start: () => Promise<Server>) {
  const it = suite<Meeting & { served: Server }>(`transport: ${name}`);
  it.before(async (context) => {
    Object.assign(context, meet(await start()));
  });
  it.after((context) => context.served.stop());

  it('clones, pushes, merges there, pulls: all agree', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const sites = [await meeting.site(repository), await meeting.site(repository)];
    for (const site of sites) {
      await recordRun(site);
      await meeting.cmf(site, ['push']);
    }
    await settle(path);
    for (const site of sites) await meeting.cmf(site, ['pull']);
    const digests = await Promise.all([...sites, path].map(digestAt));
    assert.is(new Set(digests).size, 1);
  });

  it('pulls one pipeline alone', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const [a, b] = [await meeting.site(repository), await meeting.site(repository)];
    for (const pipeline of ['one', 'two']) await recordRun(a, { pipeline });
    await meeting.cmf(a, ['push']);
    await settle(path);
    await meeting.cmf(b, ['pull', '-p', 'one']);
    assert.is((await viewAt(b)).executions.size, 1);
  });

  it('says nothing new when there is nothing new', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const site = await meeting.site(repository);
    await recordRun(site);
    await meeting.cmf(site, ['push']);
    assert.match((await meeting.cmf(site, ['push'])).stdout, /has everything already/);
    await settle(path);
    assert.match((await meeting.cmf(site, ['pull'])).stdout, /nothing that is not known/);
  });

  it('carries a push of megabytes', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const [a, b] = [await meeting.site(repository), await meeting.site(repository)];
    await recordMuch(a);
    await meeting.cmf(a, ['push']);
    await settle(path);
    await meeting.cmf(b, ['pull']);
    assert.is(await digestAt(b), await digestAt(a));
  });

  it('returns before the merge, which outlives the connection', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const site = await meeting.site(repository);
    const gate = join(makeTempDirectory(), 'open');
    holdHook(path, 'merge-worker', gate);
    await recordRun(site);
    await meeting.cmf(site, ['push']);
    assert.not((await git(['for-each-ref', REFS.merged], { cwd: path })).stdout);
    writeFileSync(gate, '');
    await settle(path);
  });

  it('brings the words of the server when it refuses', async (meeting) => {
    const { name: repository, path } = await meeting.central();
    const site = await meeting.site(repository);
    writeFileSync(join(path, 'hooks/pre-receive.before-cmf'), '#!/bin/sh\necho "closed on sundays" >&2\nexit 1\n', {
      mode: 0o755,
    });
    await recordRun(site);
    const { stderr } = await meeting.cmf(site, ['push'], { expectExit: 4 });
    assert.match(stderr, /closed on sundays/);
    assert.match(stderr, /hint: the records are safe in this clone/);
  });

  it('says that a repository does not exist', async (meeting) => {
    const site = await meeting.site((await meeting.central()).name);
    await recordRun(site);
    for (const command of ['push', 'pull']) {
      const { stderr } = await meeting.cmf(site, [command, meeting.served.url('none.git')], { expectExit: 3 });
      assert.match(stderr, /does not exist or does not answer/);
      assert.match(stderr, /hint: /);
    }
  });

  return it;
}

/** Registers what holds where a line can break. */
export function lineSuite(it: ReturnType<typeof transportSuite>): void {
  for (const share of [0.2, 0.6, 0.95]) {
    it(`loses nothing when the line breaks after ${share * 100}% of a push`, async (meeting) => {
      const { name: repository, path } = await meeting.central();
      const site = await meeting.site(repository);
      const sizeBytes = await recordMuch(site);
      const before = await digestAt(site);
      const relay = await startRelay(meeting.served.port ?? 0);
      relay.cutAfter(sizeBytes * share);
      const broken = await meeting.cmf(site, ['push', meeting.served.url(repository, relay.port)], {
        expectExit: 'any',
      });
      assert.is.not(broken.exitCode, 0);
      assert.match(broken.stderr, /hint: /);
      assert.is(await digestAt(site), before);
      relay.cutAfter(Number.POSITIVE_INFINITY);
      await meeting.cmf(site, ['push', meeting.served.url(repository, relay.port)]);
      await relay.stop();
      await settle(path);
      assert.is(await digestAt(path), before);
    });
  }
}

function meet<Server extends Serving>(served: Server): Meeting & { served: Server } {
  let count = 0;
  const run: Meeting['cmf'] = (site, args, options = {}) =>
    cmf(site, args, { ...options, env: { ...served.env, ...options.env } });
  return {
    served,
    cmf: run,
    central: async () => {
      const name = `central-${count++}.git`;
      const path = join(served.root, name);
      const code = await makeRepository();
      await makeCommit(code, { 'train.py': 'print(1)\n' });
      await git(['clone', '--quiet', '--bare', code, path], { cwd: code });
      await cmf(path, ['server', 'install', '--quiet']);
      return { name, path };
    },
    site: async (name) => {
      const site = makeTempDirectory('site');
      await git(['clone', '--quiet', served.url(name), site], { cwd: site, env: served.env });
      await cmf(site, ['init', '--quiet']);
      return site;
    },
  };
}

/** Records some megabytes that do not compress well, and journals them. @returns about as many bytes as a push sends */
export async function recordMuch(site: string): Promise<number> {
  const lines = ['{"op":"start","pipeline":"much","stage":"train"}'];
  let state = 1;
  for (let i = 0; i < 1500; i++) {
    let text = '';
    while (text.length < 1000) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      text += state.toString(36);
    }
    lines.push(JSON.stringify({ op: 'param', values: { [`p${i}`]: text } }));
  }
  lines.push('{"op":"finish","status":"succeeded"}');
  await cmf(site, ['record', '--stdin'], { input: `${lines.join('\n')}\n` });
  const packed = await git(['count-objects', '-v'], { cwd: site });
  const sizes = [...packed.stdout.matchAll(/^size(?:-pack)?: (\d+)$/gm)].map((match) => Number(match[1]));
  return sizes.reduce((sum, size) => sum + size, 0) * 1024;
}

/** Makes one of the hooks of a central repository wait until a file is there. */
export function holdHook(central: string, hook: 'merge-worker' | 'pre-receive', gate: string): void {
  const node = join(makeTempDirectory(), 'node');
  const script = `case "$*" in *${hook}) touch '${gate}.reached'; while ! [ -e '${gate}' ]; do sleep 0.05; done ;; esac`;
  writeFileSync(node, `#!/bin/sh\n${script}\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  for (const name of ['pre-receive', 'post-receive']) {
    const path = join(central, 'hooks', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^node=.*$/m, `node='${node}'`));
  }
}

/** Waits until a hook that is held has begun. */
export async function untilHeld(gate: string): Promise<void> {
  while (!existsSync(`${gate}.reached`)) await sleep(20);
}

/** The tree that a central repository merged; undefined before it did. */
export async function mergedOrNone(central: string): Promise<string | undefined> {
  const listed = await git(['for-each-ref', REFS.mergedAll], { cwd: central });
  return listed.stdout === '' ? undefined : mergedTree(central);
}
