/** Where what is fetched from a remote lands. The remote's name or URL itself is not stored: it may hold a password. */
import { sha256Hex } from '../domain/digest.ts';
import { REFS } from '../domain/ids.ts';

/** How a remote, by name or URL, is called in names of refs and in hints. */
export function placeOf(remote: string): string {
  return sha256Hex(remote).slice(0, 16);
}

/** Where one of a remote's refs below REFS.all lands. */
export function landingOf(remote: string, ref: string): string {
  return `${REFS.incoming}${placeOf(remote)}/${ref.slice(REFS.all.length)}`;
}
