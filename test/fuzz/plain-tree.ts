/** Trees as plain data, also such as git would never write, and what git would call them. */
import { createHash } from 'node:crypto';

export type PlainNode =
  | { readonly kind: 'blob'; readonly bytes: Buffer }
  | PlainTree
  | { readonly kind: 'commit' }
  | { readonly kind: 'missing' };

/** Entries in the order in which they are written. */
export type PlainTree = { readonly kind: 'tree'; readonly entries: readonly PlainEntry[] };

/** `mode` as it is stored (`40000`), `name` as Latin-1: a byte a character. */
export type PlainEntry = { readonly mode: string; readonly name: string; readonly node: PlainNode };

/** A blob of a text or of bytes. */
export function plainBlob(bytes: string | Uint8Array): PlainNode {
  return { kind: 'blob', bytes: Buffer.from(bytes as Uint8Array) };
}

/** The tree of these files, as git would write it. */
export function plainTree(files: ReadonlyMap<string, PlainNode>): PlainTree {
  const folders = new Map<string, Map<string, PlainNode>>();
  const entries: PlainEntry[] = [];
  for (const [path, node] of files) {
    const slash = path.indexOf('/');
    if (slash < 0) entries.push({ mode: '100644', name: path, node });
    else {
      const inside = folders.get(path.slice(0, slash)) ?? new Map<string, PlainNode>();
      inside.set(path.slice(slash + 1), node);
      folders.set(path.slice(0, slash), inside);
    }
  }
  for (const [name, inside] of folders) entries.push({ mode: '40000', name, node: plainTree(inside) });
  return { kind: 'tree', entries: entries.sort((x, y) => (sortKey(x) < sortKey(y) ? -1 : 1)) };
}

/** git sorts a folder as if its name ended in a slash. */
export function sortKey({ mode, name }: PlainEntry): string {
  return mode === '40000' ? `${name}/` : name;
}

/** One stored object. */
export type PlainObject = { readonly type: 'blob' | 'tree' | 'commit'; readonly bytes: Buffer };

/** Puts a node and all in it into a store; returns its id. A missing one gets an id that nothing has. */
export function storePlain(node: PlainNode, store: Map<string, PlainObject>): string {
  switch (node.kind) {
    case 'missing':
      return '0123456789abcdef0123456789abcdef01234567';
    case 'commit':
      return put({ type: 'commit', bytes: Buffer.from('tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nx\n') }, store);
    case 'blob':
      return put({ type: 'blob', bytes: node.bytes }, store);
    case 'tree': {
      const parts = node.entries.flatMap(({ mode, name, node: inside }) => [
        Buffer.from(`${mode} ${name}\0`, 'latin1'),
        Buffer.from(storePlain(inside, store), 'hex'),
      ]);
      return put({ type: 'tree', bytes: Buffer.concat(parts) }, store);
    }
  }
}

/** Puts a commit of a tree into a store; returns its id. */
export function storeCommit(tree: string, store: Map<string, PlainObject>, parents: readonly string[] = []): string {
  const person = 'Somebody <somebody@example.invalid> 1704067200 +0000';
  const lines = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${person}`];
  return put({ type: 'commit', bytes: Buffer.from(`${lines.join('\n')}\ncommitter ${person}\n\nx\n`) }, store);
}

function put(object: PlainObject, store: Map<string, PlainObject>): string {
  const head = `${object.type} ${object.bytes.length}\0`;
  const oid = createHash('sha1').update(head).update(object.bytes).digest('hex');
  store.set(oid, object);
  return oid;
}
