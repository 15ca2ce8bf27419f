/**
 * Checks every byte that this repository stores: journals, what was learned from others, what a server merged, the logs,
 * purges, and the clone's own identity. Reads only: what a sound repository holds is written nowhere; comparing a merge that
 * is wrong leaves a few unreachable trees.
 */
import { verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import type { Segment } from '../domain/segment.ts';
import type { Oid, Ref } from '../ports/git.ts';
import { type Context, isHost, isInitialised, openCheckedClone, walDirectory } from './clone.ts';
import { type KnownPurges, readPurges } from './control.ts';
import { checkMerged } from './fsck-merged.ts';
import { purgeNotices } from './fsck-purges.ts';
import { checkJournalTree, type SegmentPlace } from './journal-tree.ts';
import { type Numbering, noteSegment, numberingNotices } from './numbering.ts';
import { createPurger } from './purge-tree.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { findWals } from './wal.ts';

export type FsckReport = {
  readonly writers: number;
  readonly segments: number;
  readonly entries: number;
  readonly logRecords: number;
  /** Bytes that are not what they must be, one line each. */
  readonly errors: readonly string[];
  /** What is odd and harmless: gaps and forks in a numbering, journals of a newer format. */
  readonly notices: readonly string[];
};

type Findings = {
  readonly errors: string[];
  readonly notices: string[];
  /** By writer and bucket. */
  readonly numbering: Numbering;
  /** Verified segments by their hash: several refs may hold the same. */
  readonly segments: Map<string, number>;
  readonly writers: Set<WriterId>;
  readonly purges: KnownPurges;
  /** A whole tree of each writer that is sound: what lies in another ref at the same path is not read again. */
  readonly sound: Map<WriterId, Oid>;
};

/** Checks everything. What is broken is reported, never thrown. */
export async function fsck(context: Context): Promise<FsckReport> {
  const findings: Findings = {
    errors: [],
    notices: [],
    numbering: new Map(),
    segments: new Map(),
    writers: new Set(),
    sound: new Map(),
    purges: await readPurges(context),
  };
  checkIdentity(context, findings);
  const logRecords = checkLogs(context, findings);
  const checked = new Set<string>();
  for (const ref of await context.repository.refs.list([REFS.all, REFS.known, REFS.partial])) {
    await noting(findings, ref.name, () => checkRef(context, ref, checked, findings));
  }
  await noting(findings, REFS.mergedAll, async () => {
    findings.errors.push(...(await checkMerged(context)));
  });
  findings.errors.push(...findings.purges.refused);
  findings.notices.push(...(await purgeNotices(context, findings.purges)));
  return {
    writers: findings.writers.size,
    segments: findings.segments.size,
    entries: [...findings.segments.values()].reduce((sum, count) => sum + count, 0),
    logRecords,
    errors: findings.errors,
    notices: [...findings.notices, ...numberingNotices(findings.numbering)],
  };
}

function checkIdentity(context: Context, findings: Findings): void {
  if (!isInitialised(context)) return;
  try {
    openCheckedClone(context);
  } catch (error) {
    note(findings, 'this clone', error);
  }
}

function checkLogs(context: Context, findings: Findings): number {
  let records = 0;
  for (const { path, lines } of findWals(context.disk, walDirectory(context))) {
    for (const [i, line] of lines.entries()) {
      try {
        verifyEntry(line);
        records++;
      } catch (error) {
        note(findings, `${path}, line ${i + 1}`, error);
      }
    }
  }
  return records;
}

async function checkRef(context: Context, { name, oid }: Ref, checked: Set<string>, findings: Findings): Promise<void> {
  const { objects } = context.repository;
  const meaning = meaningOfRef(name);
  if (meaning?.kind === 'control' || meaning?.kind === 'code') return;
  if (meaning === undefined && name !== REFS.known && !name.startsWith(REFS.partial)) {
    findings.notices.push(`${name}: a ref that format 1 does not have`);
    return;
  }
  const tree = await objects.treeOf(oid);
  const trees: WriterTree[] =
    meaning?.kind === 'journal' || meaning?.kind === 'inbox'
      ? [{ writer: meaning.writer, tree }]
      : await mergedWriters(objects, tree);
  // A pipeline's ref has only a part of each writer.
  const isWhole = meaning?.kind !== 'merged-pipeline' && !name.startsWith(REFS.partial);
  for (const one of trees) {
    const key = `${one.writer} ${one.tree}`;
    if (checked.has(key)) continue;
    checked.add(key);
    await noting(findings, `${name}: writer ${one.writer}`, () => checkTree(context, one, isWhole, findings));
  }
}

async function checkTree(
  context: Context,
  { writer, tree }: WriterTree,
  isWhole: boolean,
  findings: Findings,
): Promise<void> {
  const purger = createPurger(findings.purges.applied);
  const visit = (segment: Segment, place: SegmentPlace) => {
    purger.visit(segment, place);
    findings.segments.set(segment.sha256, segment.entries.length);
    noteSegment(findings.numbering, segment);
  };
  const base = findings.sound.get(writer);
  const request = { tree, writer, base, allowMissingFromBase: true };
  await checkJournalTree(context.repository.objects, request, visit);
  findings.writers.add(writer);
  if (purger.removed.length > 0) throw leftOver(context, purger.removed.length);
  if (isWhole) findings.sound.set(writer, tree);
}

function leftOver(context: Context, count: number): CmfError {
  const command = isHost(context) ? 'git cmf server merge' : 'git cmf pull';
  return new CmfError('damaged', {
    message: `${count} files hold records that were purged; ${command} takes them out`,
  });
}

async function noting(findings: Findings, where: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    note(findings, where, error);
  }
}

function note(findings: Findings, where: string, error: unknown): void {
  if (!(error instanceof CmfError)) throw error;
  const list = error.code === 'newer-format' ? findings.notices : findings.errors;
  list.push(`${where}: ${error.message}`);
}
