import { CmfError } from './errors.ts';

/** Full names only, and nothing that git reads as a pattern, a range or a second word. Throws `refused`. */
export function checkRefName(name: string): void {
  if (!/^refs\/[^\x00-\x20\x7f~^:?*[\\]*$/.test(name) || name.includes('..') || name.includes('@{')) {
    throw new CmfError('refused', { message: `${JSON.stringify(name)} is not the full name of a ref` });
  }
}

/** True if a ref stands under the prefix. A prefix ends in `/`, or is a whole name that may have refs below it. */
export function coversRef(prefix: string, name: string): boolean {
  return prefix.endsWith('/') ? name.startsWith(prefix) : name === prefix || name.startsWith(`${prefix}/`);
}

/** Sorted by the bytes of the names, like git. */
export function sortByName<Named extends { readonly name: string }>(refs: readonly Named[]): Named[] {
  return refs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
