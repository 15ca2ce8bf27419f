import type { Unpinned } from '../../../app/control.ts';
import type { PurgeReport } from '../../../app/purge-entries.ts';
import { visible } from '../../../domain/visible.ts';
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
  const who = label === undefined ? 'a key without a name' : `'${visible(label)}'`;
  return (
    `not applied: ${counted(count, 'purge')} by ${who}, whose key is not pinned here. If you trust it: ` +
    `git config --add cmf.adminKey ${key} && git cmf pull`
  );
}
