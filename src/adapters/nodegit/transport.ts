import { CmfError } from '../../domain/errors.ts';
import { checkRefName, coversRef, sortByName } from '../../domain/ref-name.ts';
import { checkRemoteName } from '../../domain/remote-name.ts';
import { remoteWithoutCredentials } from '../../domain/without-credentials.ts';
import type { GitTransport, Oid, PushOutcome, Ref } from '../../ports/git.ts';
import { cannot } from './cannot.ts';
import { copyNew, openHub, pushToHub } from './local-hub.ts';
import { newCommits } from './new-commits.ts';
import type { Opened } from './opened.ts';
import { configuredUrl, type Direction, placeOf, type RemotePlace, remoteNames } from './remote-url.ts';
import { type Environment, type FoundSetting, readSettings } from './settings.ts';
import { WebRemote } from './web-remote.ts';

/** How often refs that a fetch sets may be moved by others meanwhile. */
const TRIES = 10;

/** Talks to repositories on this machine, and to web servers that ask for no login. */
export class NodegitTransport implements GitTransport {
  private readonly own: Opened;
  private readonly env: Environment;
  /** Where relative paths start. */
  private readonly directory: string;

  constructor(own: Opened, env: Environment, directory: string) {
    this.own = own;
    this.env = env;
    this.directory = directory;
  }

  async listRemote(remote: string, prefixes: readonly string[]): Promise<Ref[]> {
    const place = this.place(remote, 'fetch');
    if (prefixes.length === 0) return [];
    for (const prefix of prefixes) checkRefName(prefix);
    const refs =
      place.kind === 'local'
        ? await (await this.hub(remote, place.path)).refs.list(prefixes)
        : await new WebRemote(this.own, place.url).list();
    return sortByName(refs.filter(({ name }) => prefixes.some((prefix) => coversRef(prefix, name))));
  }

  async fetch(remote: string, refspecs: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
    const place = this.place(remote, 'fetch');
    if (refspecs.length === 0) return;
    for (const { from, to } of refspecs) for (const name of [from, to]) checkRefName(name);
    const names = refspecs.map(({ from }) => from);
    const found =
      place.kind === 'local'
        ? await this.fetchFromHub(remote, place.path, names)
        : await this.fetchFromWeb(remote, place.url, names);
    await this.set(refspecs.map(({ from, to }) => ({ name: to, to: found.get(from) as Oid })));
  }

  async push(remote: string, refspecs: readonly { readonly from: Oid; readonly to: string }[]): Promise<PushOutcome[]> {
    const place = this.place(remote, 'push');
    for (const { to } of refspecs) checkRefName(to);
    if (refspecs.length === 0) return [];
    if (place.kind === 'web') return new WebRemote(this.own, place.url).push(refspecs);
    return pushToHub(this.own, await this.hub(remote, place.path), refspecs);
  }

  async remotes(): Promise<string[]> {
    return remoteNames(this.settings());
  }

  async remoteUrl(remote: string): Promise<string | undefined> {
    checkRemoteName(remote);
    const url = configuredUrl(this.settings(), remote, 'fetch');
    return url === undefined ? undefined : remoteWithoutCredentials(url);
  }

  private settings(): FoundSetting[] {
    return readSettings(this.env, this.own.located.commonDir);
  }

  private place(remote: string, direction: Direction): RemotePlace {
    checkRemoteName(remote);
    if (this.own.repository.isShallow() === 1) throw cannot('push or pull in a shallow clone');
    return placeOf(this.settings(), this.env, remote, direction);
  }

  private async hub(remote: string, path: string): Promise<Opened> {
    try {
      return await openHub(this.own.nodegit, path, this.directory, this.env);
    } catch (error) {
      if (!(error instanceof CmfError) || (error.code !== 'no-remote' && error.code !== 'no-repository')) throw error;
      const name = remoteWithoutCredentials(remote);
      const hint = /^[\w.-]+$/.test(remote)
        ? `git remote -v, then git remote add ${name} URL`
        : `git ls-remote ${name}`;
      const message = `the remote ${name} does not exist or does not answer: ${error.message}`;
      throw new CmfError('no-remote', {
        message,
        hint: error.code === 'no-remote' ? hint : (error.hint ?? hint),
        cause: error,
      });
    }
  }

  private async fetchFromHub(remote: string, path: string, names: readonly string[]): Promise<Map<string, Oid>> {
    const hub = await this.hub(remote, path);
    const found = new Map<string, Oid>();
    for (const name of names) {
      const oid = await hub.refs.resolve(name);
      if (oid !== undefined) found.set(name, oid);
    }
    checkAllFound(remote, names, found);
    await copyNew(hub, this.own, [...found.values()]);
    return found;
  }

  private async fetchFromWeb(remote: string, url: string, names: readonly string[]): Promise<Map<string, Oid>> {
    const known = (await this.own.refs.list(['refs/'])).map(({ oid }) => oid);
    const found = await new WebRemote(this.own, url).download(names);
    checkAllFound(remote, names, found);
    // git checks that what came is whole; libgit2 does not.
    const tips = names.map((name) => found.get(name) as Oid);
    for await (const { brings } of newCommits(this.own.nodegit, this.own.repository, tips, known)) {
      for (const oid of brings) {
        if (await this.own.store.has(oid)) continue;
        throw new CmfError('damaged', {
          message: `${remoteWithoutCredentials(remote)} did not send the object ${oid}`,
        });
      }
    }
    return found;
  }

  /** Sets refs whatever they were, each from what it is now. */
  private async set(refs: readonly { readonly name: string; readonly to: Oid }[]): Promise<void> {
    for (let left = TRIES; left > 0; left--) {
      const updates = await Promise.all(
        refs.map(async (ref) => ({ ...ref, expected: await this.own.refs.resolve(ref.name) })),
      );
      if (await this.own.refs.update(updates.filter(({ to, expected }) => to !== expected))) return;
    }
    throw new CmfError('conflict', { message: 'the refs of a fetch are moved by another process again and again' });
  }
}

function checkAllFound(remote: string, names: readonly string[], found: ReadonlyMap<string, Oid>): void {
  const gone = names.find((name) => !found.has(name));
  if (gone !== undefined)
    throw new CmfError('not-found', { message: `${remoteWithoutCredentials(remote)} has no ${gone}` });
}
