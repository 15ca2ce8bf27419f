/** Puts trees into a repository exactly as they are described, also those that git itself would never write. */
import { hashObject } from '../../src/adapters/git/object-id.ts';
import { formatPack } from '../../src/adapters/git/pack.ts';
import type { Oid } from '../../src/ports/git.ts';
import type { NewObject } from '../../src/ports/git-store.ts';
import { FIXED_TIME_SECONDS, git } from './sealed-git.ts';

/** What lies under a name: text of a file, a folder, or any mode with any object. */
export type Plant = string | Uint8Array | Folder | { readonly mode: string; readonly what: Plant | Oid };
/** Entries in the order in which they are written; names may repeat. `mode` is as stored: `40000`, not `040000`. */
export class Folder {
  readonly entries: readonly (readonly [name: string, plant: Plant])[];

  constructor(entries: readonly (readonly [name: string, plant: Plant])[]) {
    this.entries = entries;
  }
}

/** Objects on their way into a repository. A folder that lies in many places is stored once. */
type Basket = Map<Oid | Folder, NewObject>;

/** A folder from paths; names end up in git's order. */
export function folderOf(files: Readonly<Record<string, Plant>>): Folder {
  const children = new Map<string, Plant | Record<string, Plant>>();
  for (const [path, plant] of Object.entries(files)) {
    const slash = path.indexOf('/');
    if (slash < 0) children.set(path, plant);
    else {
      const name = path.slice(0, slash);
      const inside = (children.get(`/${name}`) ?? {}) as Record<string, Plant>;
      inside[path.slice(slash + 1)] = plant;
      children.set(`/${name}`, inside);
    }
  }
  const entries = [...children].map(([name, child]): readonly [string, Plant] =>
    name.startsWith('/') ? [name.slice(1), folderOf(child as Record<string, Plant>)] : [name, child as Plant],
  );
  const key = ([name, plant]: readonly [string, Plant]) => (plant instanceof Folder ? `${name}/` : name);
  return new Folder(entries.sort((a, b) => (key(a) < key(b) ? -1 : 1)));
}

/** Stores a folder; returns the id of its tree. */
export async function plantTree(repository: string, folder: Folder): Promise<Oid> {
  const basket: Basket = new Map();
  const oid = seal(folder, basket);
  await store(repository, basket);
  return oid;
}

/** Stores one file; returns the id of its blob. */
export async function plantBlob(repository: string, bytes: string | Uint8Array): Promise<Oid> {
  const basket: Basket = new Map();
  const oid = put('blob', Buffer.from(bytes as Uint8Array), basket);
  await store(repository, basket);
  return oid;
}

/** Stores a commit of a tree that is there; returns its id. */
export async function plantCommit(
  repository: string,
  tree: Oid,
  parents: readonly Oid[] = [],
  message = 'planted',
): Promise<Oid> {
  const signature = `Somebody <somebody@example.invalid> ${FIXED_TIME_SECONDS} +0000`;
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`)];
  const text = `${lines.join('\n')}\nauthor ${signature}\ncommitter ${signature}\n\n${message}\n`;
  const basket: Basket = new Map();
  const oid = put('commit', Buffer.from(text), basket);
  await store(repository, basket);
  return oid;
}

function seal(folder: Folder, basket: Basket): Oid {
  const sealed = basket.get(folder);
  if (sealed !== undefined) return sealed.oid;
  const lines = folder.entries.flatMap(([name, plant]) => {
    const { mode, oid } = sealEntry(plant, basket);
    return [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')];
  });
  const bytes = Buffer.concat(lines);
  const oid = hashObject('sha1', 'tree', bytes);
  basket.set(folder, { type: 'tree', oid, bytes });
  return oid;
}

function sealEntry(plant: Plant, basket: Basket): { readonly mode: string; readonly oid: Oid } {
  if (plant instanceof Folder) return { mode: '40000', oid: seal(plant, basket) };
  if (typeof plant === 'string' || plant instanceof Uint8Array) {
    return { mode: '100644', oid: put('blob', Buffer.from(plant as Uint8Array), basket) };
  }
  const { mode, what } = plant;
  const isOid = typeof what === 'string' && /^[0-9a-f]{40}$/.test(what);
  return { mode, oid: isOid ? (what as Oid) : sealEntry(what, basket).oid };
}

function put(type: NewObject['type'], bytes: Uint8Array, basket: Basket): Oid {
  const oid = hashObject('sha1', type, bytes);
  basket.set(oid, { type, oid, bytes });
  return oid;
}

async function store(repository: string, basket: Basket): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of formatPack(
    [...new Map([...basket.values()].map((object) => [object.oid, object])).values()],
    'sha1',
    1,
  ))
    chunks.push(chunk);
  await git(['unpack-objects', '-q'], { cwd: repository, input: Buffer.concat(chunks) });
}
