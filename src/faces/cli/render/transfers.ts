/** What went to or came from storages. */
import type { CheckedOut } from '../../../app/artifact-checkout.ts';
import type { StorageTransfer } from '../../../app/artifact-transfer.ts';
import { formatDigest } from '../../../domain/digest.ts';
import { sizeText } from '../../../domain/progress-line.ts';
import { shownUrl } from '../../../domain/storage.ts';
import type { ArtifactTransfer, TransferCounts } from '../../../domain/transfer.ts';
import { visible } from '../../../domain/visible.ts';
import type { WantedArtifact } from '../../../domain/wanted-artifact.ts';
import { renderCheckedOut } from './artifact.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';

export type Transfers = {
  readonly direction: 'push' | 'pull';
  readonly transfers: readonly StorageTransfer[];
  /** Of a push: what its pointer keeps from being sent. */
  readonly excluded?: readonly WantedArtifact[];
  /** Of a pull: what it did to files. */
  readonly checkedOut?: readonly CheckedOut[];
};

/** A line for each artifact of which something is to be told, and the sum for each storage. */
export function renderTransfers(all: Transfers, json: boolean): string {
  if (json) return renderJson(all);
  const moved = all.direction === 'push' ? 'sent' : 'came';
  const text = all.transfers.map(({ storage, artifacts, counts, stopped }) => {
    const lines = artifacts.filter(({ state }) => state !== 'there').map((one) => artifactLine(one, moved));
    const place = `${visible(storage.name)} (${visible(shownUrl(storage))})`;
    const why = stopped === undefined ? '' : `${place} failed: ${visible(stopped.message)}\n`;
    return `${lines.join('')}${why}${place}: ${sumText(counts, moved)}\n`;
  });
  const kept = (all.excluded ?? []).map(({ path }) => `kept    ${visible(path)}: it is not to be sent\n`);
  const changed = (all.checkedOut ?? []).filter(({ written, removed }) => written + removed > 0);
  const isEmpty = all.transfers.length + kept.length === 0;
  const sum = isEmpty ? 'Nothing is tracked here that a storage could have.\n' : [...kept, ...text].join('');
  return sum + renderCheckedOut(changed, false);
}

function artifactLine({ path, state, counts, reason }: ArtifactTransfer, moved: string): string {
  const name = visible(path);
  const why = reason === undefined ? '' : `: ${visible(reason)}`;
  switch (state) {
    case 'failed':
      return `failed  ${name}${why}\n`;
    case 'queued':
      return `queued  ${name}  (${counted(counts.queued, 'object')}, ${sizeText(counts.queuedBytes)})${why}\n`;
    case 'unkept':
      return `absent  ${name}: only its digest was recorded\n`;
    default:
      return `${moved.padEnd(6)}  ${name}  (${counted(counts.moved, 'object')}, ${sizeText(counts.movedBytes)})\n`;
  }
}

function sumText(counts: TransferCounts, moved: string): string {
  const parts = [
    `${counted(counts.moved, 'object')} ${moved}${counts.moved === 0 ? '' : `, ${sizeText(counts.movedBytes)}`}`,
    ...(counts.repaired === 0 ? [] : [`${counts.repaired} of them repaired`]),
    `${counts.there} ${counts.there === 1 ? 'was' : 'were'} ${moved === 'sent' ? 'there' : 'here'}`,
    ...(counts.queued === 0 ? [] : [`${counts.queued} queued, ${sizeText(counts.queuedBytes)}`]),
    ...(counts.failed === 0 ? [] : [`${counts.failed} failed`]),
    ...(counts.unkept === 0 ? [] : [`${counts.unkept} absent`]),
  ];
  return parts.join('; ');
}

function renderJson({ direction, transfers, excluded = [], checkedOut = [] }: Transfers): string {
  const items = transfers.flatMap(({ storage, artifacts }) =>
    artifacts.map(({ path, digest, state, counts, reason }) => ({
      path,
      digest: formatDigest(digest),
      storage: storage.name,
      state,
      ...counts,
      reason: reason ?? null,
    })),
  );
  return jsonDocument(`git-cmf/artifact-${direction}/1`, {
    storages: transfers.map(({ storage, counts, stopped }) => ({
      name: storage.name,
      url: shownUrl(storage),
      ...counts,
      stopped: stopped?.message ?? null,
    })),
    items,
    ...(direction === 'push'
      ? { excluded: excluded.map(({ path, digest }) => ({ path, digest: formatDigest(digest) })) }
      : {
          checkedOut: checkedOut.map(({ path, written, removed, kept, absent }) => ({
            path,
            written,
            removed,
            kept,
            absent,
          })),
        }),
  });
}
