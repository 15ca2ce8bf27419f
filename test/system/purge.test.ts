/** A purge, from the admin's command to every clone: one that was away, one that pushes the record again, one that waits. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git } from '../helpers/sealed-git.ts';
import {
  cmf,
  cmfJson,
  digestAt,
  makeCentral,
  makeSites,
  objectsIn,
  recordRun,
  revParse,
  settle,
} from '../helpers/sites.ts';

const it = suite('system: purge');
const SECRET = 'the name of a person';

/** The id of the record that holds the secret. */
async function secretRecord(folder: string): Promise<string> {
  const { items } = await cmfJson(folder, ['log']);
  const found = items.find((item) => JSON.stringify(item).includes(SECRET));
  assert.ok(found, `no record with the secret in ${folder}`);
  return String(found['id']);
}

/** True if any object that a repository holds, reachable or not, has the secret in it. */
async function holdsSecret(folder: string): Promise<boolean> {
  const { stdout } = await git(['cat-file', '--batch', '--batch-all-objects'], { cwd: folder });
  return stdout.includes(SECRET);
}

const collectGarbage = (folder: string) => git(['gc', '--quiet', '--prune=now'], { cwd: folder });

async function pin(folder: string, central: string): Promise<void> {
  const { stdout } = await git(['config', '--get', 'cmf.adminKey'], { cwd: central });
  await git(['config', '--add', 'cmf.adminKey', stdout.trim()], { cwd: folder });
}

async function share(sites: readonly string[], central: string): Promise<void> {
  for (const site of sites) await cmf(site, ['push', '--quiet']);
  await settle(central);
  for (const site of sites) await cmf(site, ['pull', '--quiet']);
}

it('reaches every clone, whatever it did meanwhile, and takes nothing else', async () => {
  const central = await makeCentral();
  const sites = await makeSites(central, 4);
  const [author, away, stubborn, waiting] = sites as [string, string, string, string];
  const run = await recordRun(author, { params: { who: SECRET, lr: 0.1 } });
  await recordRun(author, { params: { lr: 0.2 } });
  for (const site of [away, stubborn, waiting]) await recordRun(site);
  await share(sites, central);

  const id = await secretRecord(central);
  const before = (await cmfJson(central, ['log'])).items.length;
  const { stdout } = await cmf(central, ['server', 'purge', id.slice(0, 12), '--reason', 'asked for by its owner']);
  assert.match(stdout, new RegExp(`^purged ${id}$`, 'm'));
  assert.match(stdout, /^removed refs\/cmf\/journal\/[0-9a-f]{32}; the rest of it is in the archive$/m);
  await collectGarbage(central);
  assert.not.ok(await holdsSecret(central));
  const told = (await cmfJson(central, ['log'])).items;
  assert.is(told.length, before);
  assert.match(String(told.find((item) => item['id'] === id)?.['summary']), /^by admin of .*: asked for by its owner$/);
  assert.match((await cmf(central, ['show', id])).stdout, /^reason {3,}asked for by its owner$/m);
  await cmf(central, ['fsck']);

  // Nobody obeys a key that he has not pinned; but everybody is told.
  const { stderr } = await cmf(waiting, ['pull']);
  assert.match(
    stderr,
    /not applied: 1 purge by 'admin of .*', whose key is not pinned here\. .*git config --add cmf\.adminKey [A-Za-z0-9_-]{43} && git cmf pull/,
  );
  assert.match((await cmf(waiting, ['digest'], { expectExit: 1 })).stdout, /^partial: not applied: 1 purge by/m);
  assert.ok((await cmf(waiting, ['show', run])).stdout.includes(SECRET));

  // The author recorded more, and pushes it with the old journal: refused, healed, sent.
  for (const site of [author, away, stubborn]) await pin(site, central);
  await recordRun(author, { params: { lr: 0.3 } });
  await cmf(author, ['push', '--quiet']);
  assert.not.ok((await cmf(author, ['show', run])).stdout.includes(SECRET));
  await collectGarbage(author);
  assert.not.ok(await holdsSecret(author));

  // One that has pinned nothing goes on too.
  await recordRun(waiting);
  await cmf(waiting, ['push', '--quiet']);
  await settle(central);
  await pin(waiting, central);
  for (const site of [away, stubborn, waiting]) {
    await cmf(site, ['pull', '--quiet']);
    await collectGarbage(site);
    assert.not.ok(await holdsSecret(site), site);
    await cmf(site, ['fsck']);
  }
  await cmf(author, ['pull', '--quiet']);
  const digests = new Set(await Promise.all([central, ...sites].map(digestAt)));
  assert.is(digests.size, 1);
  assert.is((await cmfJson(central, ['list', 'executions'])).items.length, 7);
  for (const site of sites) {
    const tree = await revParse(site, 'refs/cmf-local/known^{tree}');
    assert.is(tree, await revParse(central, 'refs/cmf/merged/all^{tree}'), 'a clone and the server compute the same');
  }
});

it('refuses the record for ever, and says who shall do what', async () => {
  const central = await makeCentral();
  const [author] = (await makeSites(central, 1)) as [string];
  await recordRun(author, { params: { who: SECRET } });
  await share([author], central);
  const old = await revParse(author, 'refs/cmf/journal/'.concat((await journalOf(author)) ?? ''));
  await cmf(central, ['server', 'purge', await secretRecord(central), '--reason', 'x']);
  await pin(author, central);
  await cmf(author, ['push', '--quiet']);
  await settle(central);
  // By hand, with git alone: the old tip under a new name, and hidden behind the new one.
  const ref = `refs/cmf/in/${await journalOf(author)}`;
  const again = await git(['push', central, `${old}:${ref}`], { cwd: author, expectExit: 'any' });
  assert.match(again.stderr, /was purged and cannot come back/);
  assert.is(await digestAt(author), await digestAt(central));
});

it('locks nobody out who does not trust the admin: the rest goes through, and the records stay', async () => {
  const central = await makeCentral();
  const [author, reader] = (await makeSites(central, 2)) as [string, string];
  const run = await recordRun(author, { params: { who: SECRET } });
  await share([author, reader], central);
  await cmf(central, ['server', 'purge', await secretRecord(central), '--reason', 'x']);
  await settle(central);
  const journal = await revParse(author, `refs/cmf/journal/${await journalOf(author)}`);

  await recordRun(author, { params: { lr: 1 } });
  const { stdout, stderr } = await cmf(author, ['push']);
  assert.match(stdout, /^Pushed refs\/cmf\/in\/[0-9a-f]{32} to origin\.$/m);
  const told =
    /1 record not sent to origin: purged there by 'admin of .*', whose key is not pinned here\. .*git config --add cmf\.adminKey [\w-]{43} && git cmf push/;
  assert.match(stderr, told);
  assert.match((await cmf(author, ['status'])).stdout, /^not sent: 1 record, purged at the remote/m);
  assert.match((await cmf(author, ['doctor'])).stdout, /purged at origin is not sent there, and kept here/);
  assert.ok((await cmf(author, ['show', run])).stdout.includes(SECRET), 'the clone keeps its records');
  const tip = `refs/cmf/journal/${await journalOf(author)}`;
  await git(['merge-base', '--is-ancestor', journal, tip], { cwd: author });
  await settleInbox(central);
  assert.is((await cmfJson(central, ['list', 'executions'])).items.length, 2);
  assert.not.ok(await reachesSecret(central));

  // The next push sends what is new, and nothing of the rest.
  await recordRun(author, { params: { lr: 2 } });
  const before = await objectsIn(central);
  await cmf(author, ['push', '--quiet']);
  await settleInbox(central);
  const input = [...(await objectsIn(central))].filter((oid) => !before.has(oid)).join('\n');
  const { stdout: brought } = await git(['cat-file', '--batch'], { cwd: central, input });
  assert.is(brought.match(/^\{"bucket":.*"previous":/gm)?.length, 1, 'one new segment');
  assert.match((await cmf(author, ['push'])).stdout, /^origin has everything already\.$/m);

  // Who passes on what others recorded is not stopped either.
  const relay = await cmf(reader, ['push', '--relay']);
  assert.not.match(relay.stderr, /refused/);

  // Others see the same as the central repository, and the author too as soon as he follows.
  await pin(reader, central);
  await cmf(reader, ['pull', '--quiet']);
  assert.is(await digestAt(reader), await digestAt(central));
  assert.match((await cmf(author, ['digest'], { expectExit: 1 })).stdout, /^partial: not applied/m);
  await pin(author, central);
  await cmf(author, ['push', '--quiet']);
  await settle(central);
  await cmf(author, ['pull', '--quiet']);
  assert.is(await digestAt(author), await digestAt(central));
  assert.not.match((await cmf(author, ['status'])).stdout, /not sent/);
});

it('hears nothing more of a key that is ignored, and leaves out what it names', async () => {
  const central = await makeCentral();
  const [author] = (await makeSites(central, 1)) as [string];
  await recordRun(author, { params: { who: SECRET } });
  await share([author], central);
  await cmf(central, ['server', 'purge', await secretRecord(central), '--reason', 'x']);
  const { stdout: key } = await git(['config', '--get', 'cmf.adminKey'], { cwd: central });
  await git(['config', '--add', 'cmf.ignoredKey', key.trim()], { cwd: author });
  await recordRun(author);
  const { stderr } = await cmf(author, ['push']);
  assert.is(stderr, '');
  await settleInbox(central);
  assert.is((await cmfJson(central, ['list', 'executions'])).items.length, 2);
});

it('travels in bundles too, and no bundle brings back what is gone', async () => {
  const central = await makeCentral();
  const [author, island] = (await makeSites(central, 2)) as [string, string];
  const [before, after] = [join(author, '../before.bundle'), join(author, '../after.bundle')];
  await recordRun(author, { params: { who: SECRET } });
  await share([author], central);
  await cmf(author, ['bundle', 'create', before]);
  await cmf(island, ['bundle', 'apply', before]);
  await cmf(central, ['server', 'purge', await secretRecord(central), '--reason', 'x']);
  for (const site of [author, island]) await pin(site, central);
  await cmf(author, ['pull', '--quiet']);
  await cmf(author, ['bundle', 'create', after, '--since', before]);
  await cmf(island, ['bundle', 'apply', after]);
  // Once more, as somebody does who has found the old file.
  await cmf(island, ['bundle', 'apply', before]);
  for (const site of [author, island]) {
    await collectGarbage(site);
    assert.not.ok(await holdsSecret(site), site);
    assert.is(await digestAt(site), await digestAt(central));
  }
});

/** Waits until what lies in the inbox is merged and folded. */
async function settleInbox(central: string): Promise<void> {
  const inbox = async () => (await git(['for-each-ref', 'refs/cmf/in/'], { cwd: central })).stdout;
  for (let tries = 0; tries < 600 && (await inbox()) !== ''; tries++) await sleep(50);
  assert.is(await inbox(), '');
  await settle(central);
}

/** True if any ref reaches an object with the secret in it. */
async function reachesSecret(folder: string): Promise<boolean> {
  const { stdout } = await git(['rev-list', '--objects', '--no-object-names', '--all'], { cwd: folder });
  return (await git(['cat-file', '--batch'], { cwd: folder, input: stdout })).stdout.includes(SECRET);
}

async function journalOf(site: string): Promise<string | undefined> {
  const { stdout } = await git(['for-each-ref', '--format=%(refname:lstrip=3)', 'refs/cmf/journal/'], { cwd: site });
  return stdout.trim().split('\n')[0];
}

it.run();
