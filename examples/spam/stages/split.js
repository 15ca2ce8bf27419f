import { createHash } from 'node:crypto';

/**
 * Whether a mail is kept for the test. Decided by the hash of its id alone, so a mail stays on its side whatever else is
 * added, changed or taken away.
 */
export function isTestMail(id, testPercent) {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % 100 < testPercent;
}
