import { randomBytes } from 'node:crypto';
import { CmfError } from '../../domain/errors.ts';
import { REFS } from '../../domain/ids.ts';
import { readable } from '../../domain/readable.ts';
import { remoteWithoutCredentials } from '../../domain/without-credentials.ts';
import type { Oid, PushOutcome, Ref } from '../../ports/git.ts';
import { cannot, reasonOf } from './cannot.ts';
import type { Remote } from './nodegit-api.ts';
import type { Opened } from './opened.ts';

/** libgit2's numbers (git2/net.h, git2/remote.h). */
const FETCH = 0;
const PUSH = 1;
const SKIP_INSTEADOF = 1;
const NO_TAGS = 2;

const HOW_TO_SEE = 'what the server says about it, nodegit does not pass on';

type Refspec = { readonly from: Oid; readonly to: string };

/** A repository behind a web server, reached by libgit2 without anybody logging in. */
export class WebRemote {
  private readonly own: Opened;
  private readonly url: string;

  constructor(own: Opened, url: string) {
    this.own = own;
    this.url = url;
  }

  /** All refs that the other side shows. */
  async list(): Promise<Ref[]> {
    return this.connected(FETCH, (remote) => heads(remote));
  }

  /** Brings the objects of the named refs; answers what those stand for now. */
  async download(names: readonly string[]): Promise<Map<string, Oid>> {
    return this.connected(FETCH, async (remote) => {
      const found = new Map((await heads(remote)).map(({ name, oid }) => [name, oid]));
      const present = names.filter((name) => found.has(name));
      if (present.length === names.length) {
        await remote.download(present, { downloadTags: NO_TAGS });
      }
      return found;
    });
  }

  /** Pushes with libgit2, which takes its objects from refs: they get short-lived ones. */
  async push(refspecs: readonly Refspec[]): Promise<PushOutcome[]> {
    const before = new Map((await this.connected(PUSH, (remote) => heads(remote))).map(({ name, oid }) => [name, oid]));
    const decided = new Map<string, PushOutcome>();
    for (const { from, to } of refspecs) {
      const outcome = await this.decide(from, to, before.get(to));
      if (outcome !== undefined) decided.set(to, outcome);
    }
    const open = refspecs.filter(({ to }) => !decided.has(to));
    const told = open.length === 0 ? new Map<string, string>() : await this.send(open);
    return refspecs.map(({ to: ref }) => decided.get(ref) ?? outcomeOf(ref, told.get(ref)));
  }

  private async decide(from: Oid, ref: string, expected: Oid | undefined): Promise<PushOutcome | undefined> {
    if (expected === undefined) return undefined;
    if (expected === from) return { ref, status: 'up-to-date' };
    const { store, refs } = this.own;
    if (!(await store.has(expected))) return { ref, status: 'rejected', reason: 'fetch first' };
    return (await refs.isAncestor(expected, from))
      ? undefined
      : { ref, status: 'rejected', reason: 'non-fast-forward' };
  }

  /** What the server said of each ref: nothing means that it moved. */
  private async send(refspecs: readonly Refspec[]): Promise<Map<string, string>> {
    const folder = `${REFS.temporary}push-${randomBytes(8).toString('hex')}/`;
    const sources = refspecs.map(({ from }, index) => ({ name: `${folder}${index}`, to: from, expected: undefined }));
    await this.own.refs.update(sources);
    const told = new Map<string, string>();
    const pushUpdateReference = (name: string, status: string | null): number => {
      told.set(name, status ?? '');
      return 0;
    };
    try {
      const specs = refspecs.map(({ to }, index) => `${folder}${index}:${to}`);
      const remote = await this.open();
      await this.guarded(remote.push(specs, { callbacks: { pushUpdateReference } }));
    } finally {
      await this.own.refs.update(sources.map(({ name, to }) => ({ name, to: undefined, expected: to })));
    }
    return told;
  }

  private async connected<Value>(direction: number, work: (remote: Remote) => Promise<Value>): Promise<Value> {
    const remote = await this.open();
    await this.guarded(remote.connect(direction, {}));
    try {
      return await this.guarded(work(remote));
    } finally {
      await remote.disconnect();
    }
  }

  private open(): Promise<Remote> {
    const options = { repository: this.own.repository, flags: SKIP_INSTEADOF };
    return this.own.nodegit.Remote.createWithOpts(this.url, options);
  }

  private async guarded<Value>(value: Promise<Value>): Promise<Value> {
    try {
      return await value;
    } catch (error) {
      if (error instanceof CmfError) throw error;
      const name = remoteWithoutCredentials(this.url);
      // Without a callback libgit2 says so; git's credential helpers could have answered.
      if (/authentication required/.test(reasonOf(error))) throw cannot(`log in at ${name}`);
      const message = `the remote ${name} does not exist or does not answer: ${readable(reasonOf(error))}`;
      throw new CmfError('no-remote', { message, hint: `git ls-remote ${name}`, cause: error });
    }
  }
}

async function heads(remote: Remote): Promise<Ref[]> {
  const listed = await remote.referenceList();
  return listed
    .map((head) => ({ name: head.name(), oid: head.oid().toString() as Oid }))
    .filter(({ name }) => name.startsWith('refs/') && !name.endsWith('^{}'));
}

function outcomeOf(ref: string, said: string | undefined): PushOutcome {
  if (said === '') return { ref, status: 'ok' };
  return { ref, status: 'rejected', reason: `${readable(said ?? 'the server did not answer for it')}\n${HOW_TO_SEE}` };
}
