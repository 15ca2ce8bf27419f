/** git's own program for web servers behind lighttpd, with a user and a password. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { digestAt, recordRun, settle } from '../helpers/sites.ts';
import { lineSuite, recordMuch, transportSuite } from './conformance.ts';
import { startHttp } from './http-server.ts';

const it = transportSuite('http', startHttp);
lineSuite(it);

it('does not wait for a password that nobody can type', async (meeting) => {
  const { served } = meeting;
  const { name } = await meeting.central();
  const site = await meeting.site(name);
  await recordRun(site);
  for (const credentials of ['', `${served.user}@`, `${served.user}:wrong@`]) {
    for (const command of ['push', 'pull']) {
      const env = { GIT_TERMINAL_PROMPT: '1' };
      const { stderr } = await meeting.cmf(site, [command, served.urlAs(name, credentials)], { expectExit: 3, env });
      assert.match(stderr, /Authentication failed|could not read (?:Username|Password)/);
      assert.match(stderr, /hint: /);
      assert.not.match(stderr, /wrong/);
    }
  }
});

it('stores and prints nothing of a password in a URL', async (meeting) => {
  const { served } = meeting;
  const { name, path } = await meeting.central();
  const site = await makeRepository();
  const said: string[] = [];
  const run = async (...args: string[]): Promise<void> => {
    const { stdout, stderr } = await meeting.cmf(site, args, { expectExit: 'any' });
    said.push(stdout, stderr);
  };
  await run('init');
  await recordRun(site);
  await run('push', served.url(name));
  await settle(path);
  await run('pull', served.url(name));
  await run('push', served.url('none.git'));
  await run('pull', `${served.url(name)}/x`);
  for (const command of ['status', 'log', 'doctor', 'fsck', 'digest']) await run(command);
  assert.match(said.join(''), /Pushed/);
  const secrets = [
    served.password,
    decodeURIComponent(served.password),
    Buffer.from(served.password).toString('base64'),
  ];
  const places = [said.join('\n'), ...(await everythingIn(site)), ...(await everythingIn(path))];
  for (const secret of secrets) {
    assert.equal(
      places.filter((text) => text.includes(secret)),
      [],
    );
  }
});

/** Every file of a repository's folder, every object, every ref. */
async function everythingIn(folder: string): Promise<string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
  const objects = await git(['cat-file', '--batch-all-objects', '--batch'], { cwd: folder });
  const refs = await git(['for-each-ref'], { cwd: folder });
  return [...files, Buffer.from(objects.stdoutBytes).toString('latin1'), refs.stdout];
}

it('records no password of the remote that a clone was made from', async (meeting) => {
  const { served } = meeting;
  const { name, path } = await meeting.central();
  const site = await meeting.site(name);
  await recordRun(site);
  const { stdout } = await meeting.cmf(site, ['push']);
  await settle(path);
  const places = [stdout, ...(await everythingIn(path)), ...(await everythingIn(join(site, '.git/cmf/..')))];
  // git itself keeps the URL it was given.
  const others = places.filter((text) => text !== readFileSync(join(site, '.git/config'), 'latin1'));
  assert.is(others.length, places.length - 1);
  assert.is(
    others.some((text) => text.includes(served.password)),
    false,
  );
});

it('carries a push that is larger than the buffer of the client', async (meeting) => {
  const { name, path } = await meeting.central();
  const site = await meeting.site(name);
  const sizeBytes = await recordMuch(site);
  await git(['config', 'http.postBuffer', '65536'], { cwd: site });
  assert.ok(sizeBytes > 65_536);
  await meeting.cmf(site, ['push']);
  await settle(path);
  assert.is(await digestAt(path), await digestAt(site));
});

it('loses nothing when the server fails', async (meeting) => {
  const { served } = meeting;
  const { name, path } = await meeting.central();
  const site = await meeting.site(name);
  await recordRun(site);
  served.failPosts(true);
  const { stderr, exitCode } = await meeting.cmf(site, ['push'], { expectExit: 'any' });
  served.failPosts(false);
  assert.is.not(exitCode, 0);
  assert.match(stderr, /500/);
  await meeting.cmf(site, ['push']);
  await settle(path);
  assert.is(await digestAt(path), await digestAt(site));
});

it.run();
