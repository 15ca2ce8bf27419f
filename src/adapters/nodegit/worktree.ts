import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { GitWorktree, HeadState, IndexedFile, Oid } from '../../ports/git.ts';
import { failed, NOT_FOUND, numberOf } from './cannot.ts';
import type { Reference } from './nodegit-api.ts';
import type { Opened } from './opened.ts';
import { type Environment, readSettings } from './settings.ts';

const BRANCHES = 'refs/heads/';

/** Reads the user's side of the repository with libgit2, which runs no clean filter; never writes the index. */
export class NodegitWorktree implements GitWorktree {
  private readonly open: () => Promise<Opened>;
  private readonly worktree: string | undefined;
  private readonly settings: () => ReturnType<typeof readSettings>;

  constructor(
    open: () => Promise<Opened>,
    place: { readonly worktree: string | undefined; readonly commonDir: string; readonly env: Environment },
  ) {
    this.open = open;
    this.worktree = place.worktree;
    this.settings = () => readSettings(place.env, place.commonDir);
  }

  async head(): Promise<HeadState> {
    const own = await this.open();
    try {
      const head = await own.nodegit.Reference.lookup(own.repository, 'HEAD');
      const branch = head.symbolicTarget();
      const commit = await commitOf(head);
      return {
        commit,
        branch: branch?.startsWith(BRANCHES) ? branch.slice(BRANCHES.length) : branch,
        dirty: await this.dirty(own),
      };
    } catch (error) {
      throw failed('read the state of the work tree', error);
    }
  }

  async isTracked(path: string): Promise<boolean> {
    const inside = this.inside(path);
    if (inside === undefined) return false;
    const index = await (await this.open()).repository.index();
    await index.read(0);
    if (inside === '') return index.entryCount() > 0;
    if (index.getByPath(inside) !== undefined) return true;
    return index.findPrefix(`${inside}/`).then(
      () => true,
      () => false,
    );
  }

  async indexed(gitDir: string, endings: readonly string[]): Promise<readonly IndexedFile[]> {
    const { nodegit } = await this.open();
    try {
      const index = await nodegit.Index.open(join(gitDir, 'index'));
      const entries = index.entries().filter(({ path }) => endings.some((ending) => path.endsWith(ending)));
      return entries.map(({ path, mode, id }) => ({
        mode: mode.toString(8),
        path: Buffer.from(path).toString('latin1'),
        oid: id.toString() as Oid,
      }));
    } catch (error) {
      throw failed(`read the index of ${gitDir}`, error);
    }
  }

  async isIgnored(path: string): Promise<boolean> {
    const inside = this.inside(path);
    if (inside === undefined || inside === '' || (await this.isTracked(path))) return false;
    const { nodegit, repository } = await this.open();
    return (await nodegit.Ignore.pathIsIgnored(repository, inside)) === 1;
  }

  async config(key: string): Promise<string | undefined> {
    const wanted = canonicalKey(key);
    return this.settings().findLast((setting) => setting.key === wanted)?.value;
  }

  async configs(prefix: string): Promise<Map<string, string>> {
    const found = this.settings().filter(({ key }) => key.startsWith(prefix));
    return new Map(found.map(({ key, value }) => [key, value]));
  }

  async configAll(key: string): Promise<string[]> {
    const wanted = canonicalKey(key);
    return this.settings()
      .filter((setting) => setting.key === wanted)
      .map(({ value }) => value);
  }

  async setConfig(key: string, value: string): Promise<void> {
    const { repository } = await this.open();
    try {
      await (await repository.config()).setString(key, value);
    } catch (error) {
      throw failed(`set ${key}`, error);
    }
  }

  private async dirty({ nodegit, repository }: Opened): Promise<boolean> {
    if (this.worktree === undefined) return false;
    const list = await nodegit.StatusList.create(repository, { show: 0, flags: 0 });
    return list.entrycount() > 0;
  }

  /** The path below the work tree; undefined if it is elsewhere. */
  private inside(path: string): string | undefined {
    if (this.worktree === undefined) return undefined;
    const folder = dirname(path);
    const real = existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
    const inside = relative(this.worktree, real);
    if (inside === '..' || inside.startsWith('../')) return undefined;
    return inside;
  }
}

async function commitOf(head: Reference): Promise<Oid | undefined> {
  try {
    return (head.target() ?? (await head.resolve()).target())?.toString() as Oid | undefined;
  } catch (error) {
    if (numberOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** As git shows a key: section and name in lower case, what stands between them as it is. */
function canonicalKey(key: string): string {
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
  if (first < 0 || first === last) return key.toLowerCase();
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}
