import type { Unpinned } from '../../../app/control.ts';
import type { PurgeReport } from '../../../app/purge-entries.ts';
import type { PushReport } from '../../../app/push.ts';
import { nameOf, pinning } from '../../../app/strange-purges.ts';
import { remoteWithoutCredentials } from '../../../domain/without-credentials.ts';
import { counted } from './counted.ts';

/** What a purge did, and what it cannot do. */
export function renderPurge({ purged, before, key, merge }: PurgeReport): string {
  const gone = merge.kind === 'merged' ? merge.purged : [];
  const lines = [
    ...purged.map((id) => `purged ${id}`),
    ...before.map((id) => `${id} was purged before`),
    ...gone.map((ref) => `removed ${ref}; the rest of it is in the archive`),
    '',
    'Still to do:',
    '  here             git gc --prune=now     (until then the bytes lie there, unreachable)',
    `  in every clone   git config --add cmf.adminKey ${key}`,
    '                   git cmf pull && git gc --prune=now',
    '  elsewhere        backups, mirrors and other remotes that were pushed to hold the records still',
  ];
  return `${lines.join('\n')}\n`;
}

/** Purges that this clone does not obey, and the command that makes it. */
export function unpinnedText({ key, label, count }: Unpinned): string {
  return (
    `not applied: ${counted(count, 'purge')} by ${nameOf({ label })}, whose key is not pinned here. If you trust it: ` +
    `git config --add cmf.adminKey ${key} && git cmf pull`
  );
}

/** What a push did not send, by whose purges, and the command that makes it follow. */
export function leftOutTexts({ remote, leftOut }: Pick<PushReport, 'remote' | 'leftOut'>): string[] {
  if (leftOut === undefined) return [];
  const what = `${counted(leftOut.records, 'record')} not sent to ${remoteWithoutCredentials(remote)}`;
  return leftOut.by.map(
    (one) =>
      `${what}: purged there by ${nameOf(one)}, whose key is not pinned here. This clone keeps what is not sent. ` +
      `If you trust that key: ${pinning(one)}`,
  );
}
