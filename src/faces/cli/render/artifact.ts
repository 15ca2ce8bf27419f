/** What `git cmf artifact` answers, as text and as documents. */
import type { AddedArtifact } from '../../../app/artifact-add.ts';
import type { CheckedOut } from '../../../app/artifact-checkout.ts';
import type { ArtifactOut } from '../../../app/artifact-outs.ts';
import type { ArtifactStatus } from '../../../app/artifact-state.ts';
import { formatDigest } from '../../../domain/digest.ts';
import { sizeText } from '../../../domain/progress-line.ts';
import { visible } from '../../../domain/visible.ts';
import type { BadObject, VerifyReport } from '../../../ports/object-cache.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';
import { type Listing, type Output, renderListing } from './listing.ts';

/** One line for each path: its digests, as `log-artifact` prints them. */
export function renderAdded(added: readonly AddedArtifact[], json: boolean): string {
  if (json) return jsonDocument('git-cmf/artifact-add/1', { items: added.map(addedItem) });
  return added
    .map(({ path, hashed, changed }) => {
      const digests = hashed.digests.map(formatDigest).join(' ');
      return `${digests}  ${visible(path)}${changed ? '' : '  (unchanged)'}\n`;
    })
    .join('');
}

function addedItem({ path, pointer, changed, hashed }: AddedArtifact) {
  return {
    path,
    pointer,
    changed,
    digests: hashed.digests.map(formatDigest),
    sizeBytes: hashed.sizeBytes,
    files: hashed.kind === 'directory' ? hashed.nfiles : null,
  };
}

function outMembers({ path, pointer, out }: ArtifactOut) {
  return {
    path,
    pointer,
    digest: out.digest === undefined ? null : formatDigest(out.digest),
    sizeBytes: out.sizeBytes ?? null,
    files: out.nfiles ?? null,
  };
}

/** Without a digest an artifact lives in a storage that names it in its own way. */
function digestCell({ out }: ArtifactOut): string {
  return out.digest === undefined ? '' : formatDigest(out.digest);
}

const LIST: Listing<ArtifactOut> = {
  schema: 'git-cmf/artifact-list/1',
  columns: [
    { title: 'PATH', mayShrink: true },
    { title: 'DIGEST' },
    { title: 'BYTES', align: 'right' },
    { title: 'FILES', align: 'right' },
  ],
  cellsOf: (one) => [one.path, digestCell(one), String(one.out.sizeBytes ?? ''), String(one.out.nfiles ?? '')],
  itemOf: outMembers,
  keyOf: ({ path }) => path,
};

/** What the pointers name. */
export function renderArtifactList(outs: readonly ArtifactOut[], output: Output): string {
  return renderListing(LIST, outs, output);
}

/** How each artifact compares with its pointer. */
export function renderArtifactStatus(statuses: readonly ArtifactStatus[], output: Output): string {
  const { style } = output;
  const listing: Listing<ArtifactStatus> = {
    schema: 'git-cmf/artifact-status/1',
    columns: [{ title: 'STATE' }, { title: 'PATH', mayShrink: true }, { title: 'WHAT' }],
    cellsOf: (one) => [
      { text: one.state, paint: one.state === 'clean' ? style.good : style.bad },
      one.path,
      remarks(one).join('; '),
    ],
    itemOf: (one) => ({
      ...outMembers(one),
      state: one.state,
      added: one.changes?.added ?? null,
      changed: one.changes?.changed ?? null,
      removed: one.changes?.removed ?? null,
      notInCache: one.notInCache ?? null,
    }),
    keyOf: ({ path }) => path,
  };
  return renderListing(listing, statuses, output);
}

function remarks({ changes, notInCache }: ArtifactStatus): string[] {
  const parts =
    changes === undefined
      ? []
      : Object.entries(changes).flatMap(([word, count]) => (count === 0 ? [] : [`${count} ${word}`]));
  return [
    ...(parts.length === 0 ? [] : [parts.join(', ')]),
    ...(notInCache === undefined || notInCache === 0 ? [] : [`${counted(notInCache, 'object')} not in the cache`]),
  ];
}

/** What a checkout did. */
export function renderCheckedOut(done: readonly CheckedOut[], json: boolean): string {
  if (json) {
    return jsonDocument('git-cmf/artifact-checkout/1', {
      items: done.map((one) => ({
        ...outMembers(one),
        written: one.written,
        removed: one.removed,
        kept: one.kept,
        absent: one.absent,
      })),
    });
  }
  return done
    .filter(({ absent }) => absent === 0)
    .map(({ path, written, removed }) => {
      const did = [
        ...(written === 0 ? [] : [`${counted(written, 'file')} written`]),
        ...(removed === 0 ? [] : [`${removed} removed`]),
      ];
      return `${visible(path)}: ${did.length === 0 ? 'as it should be' : did.join(', ')}\n`;
    })
    .join('');
}

const PROBLEMS: Readonly<Record<BadObject['problem'], string>> = {
  'other-content': 'holds something else; remove it (rm -f), then add it or git cmf artifact pull',
  missing: 'is not there; get it again: git cmf artifact pull',
  unreadable: 'cannot be read; chmod 0444 it, or remove it and git cmf artifact pull',
  writable: 'is right, but not protected: chmod 0444',
};

/** What is wrong with the cache, and what helps. */
export function renderVerified({ objects, bytes, bad }: VerifyReport, json: boolean): string {
  if (json) {
    const items = bad.map(({ digest, path, problem }) => ({ digest: formatDigest(digest), path, problem }));
    return jsonDocument('git-cmf/artifact-verify/1', { objects, bytes, items });
  }
  const lines = bad.map(({ path, problem }) => `${visible(path)} ${PROBLEMS[problem]}\n`);
  const sum = `${counted(objects, 'object')}, ${sizeText(bytes)}: ${bad.length === 0 ? 'all right' : `${bad.length} wrong`}\n`;
  return lines.join('') + sum;
}
