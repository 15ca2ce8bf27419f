import type { Digest } from './digest.ts';

/**
 * Everything in a file of DVC that may name an object, of DVC 3 or of DVC 2. Nothing is parsed, so a file that no version of
 * DVC reads, in the middle of a merge or not, names what it names; what is no name of an object does no harm here.
 */
export function digestsInText(text: string): Digest[] {
  return [...text.matchAll(/(?<![0-9a-z])([0-9a-f]{32})(\.dir)?(?![0-9a-z])/gi)].flatMap(([, hex = '', dir]) => {
    const value = hex.toLowerCase();
    const kinds = dir === undefined ? ['md5', 'md5-dos2unix'] : ['md5-dir', 'md5-dos2unix-dir'];
    return kinds.map((kind) => ({ kind, value }));
  });
}
