import { textWithoutCredentials } from './without-credentials.ts';

const TEXT_LIMIT_CHARS = 2_000;

/** Text from git or from a server made fit to show: no control characters, no passwords in URLs, bounded. */
export function readable(text: string): string {
  const plain = text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '');
  return textWithoutCredentials(plain).trim().slice(0, TEXT_LIMIT_CHARS);
}
