/** What a refused push means. git and its servers say so in words only. */
import { CmfError } from '../domain/errors.ts';
import type { EntryId } from '../domain/ids.ts';
import type { PushOutcome } from '../ports/git.ts';

/** True if the server could not move the ref because somebody else just did: git's words for it from 2.20 to 2.55. */
export function isLostRace({ reason = '' }: PushOutcome): boolean {
  return /^(?:failed to update ref|failed to lock|cannot lock ref|incorrect old value|reference does not exist|reference already exists|fetch first|non-fast-forward|stale info)/m.test(
    reason,
  );
}

/** True if less at once may get through: git's words for `receive.maxInputSize`, a web server's, and those of git cmf. */
export function isTooLarge({ reason = '' }: PushOutcome): boolean {
  return /exceeds maximum allowed size|HTTP 413|too large|more than \d+ new |more new (?:objects|bytes) than/.test(
    reason,
  );
}

/** True if a lock file is in the way there: somebody holds it, or was killed and left it. */
export function isLocked({ reason = '' }: PushOutcome): boolean {
  return /\.lock': File exists/.test(reason);
}

/** The entries that a server refuses because they were purged, in the words of git cmf there. */
export function purgedIdsIn({ code, message }: CmfError): EntryId[] {
  if (code !== 'refused') return [];
  return [...message.matchAll(/entry ([0-9a-f]{64}) was purged and cannot come back/g)].map(([, id]) => id as EntryId);
}

/** True if a server refuses records for their date, in the words of git cmf there. */
export function isDatedAhead({ code, message }: CmfError): boolean {
  return code === 'refused' && /too far in the future/.test(message);
}

/** The error for a push that the remote refused, in its own words. */
export function rejected(outcome: PushOutcome): CmfError {
  const advice = isLocked(outcome) ? "its admin runs 'git cmf doctor --fix' there" : 'ask the admin of the remote';
  return new CmfError('refused', {
    message: `the remote refused ${outcome.ref}: ${outcome.reason ?? 'it gave no reason'}`,
    hint: `the records are safe in this clone; ${advice}, then git cmf push`,
  });
}
