/** Import from DVC: what its files in git tell of becomes pipelines, stages, executions, parameters, metrics and lineage. */

import { formatDigest } from '../domain/digest.ts';
import { draftsOfRun, type RunDate } from '../domain/dvc-drafts.ts';
import type { DvcRun } from '../domain/dvc-runs.ts';
import type { EntryDraft } from '../domain/entry.ts';
import { recordedName } from '../domain/prepare.ts';
import { type SaidSet, saidOf, unsaidOf } from '../domain/unsaid.ts';
import type { StoredValue } from '../domain/value.ts';
import type { Oid } from '../ports/git.ts';
import type { Clone, Context } from './clone.ts';
import { type LeftOut, messageOf, openDvcFiles } from './dvc-files.ts';
import { commitsNamed, type DatedRun, readDvcHistory } from './dvc-history.ts';
import { readRunMetrics } from './dvc-metric-files.ts';
import { flush } from './flush.ts';
import { readState } from './read-state.ts';
import { openRecorder } from './recorder.ts';

export type DvcImportRequest = {
  /** Commits as a person names them; undefined: all of all branches and tags. */
  readonly revisions: readonly string[] | undefined;
  /** The name of the pipeline of what lies at the top; the repository's name unless given. */
  readonly pipeline: string | undefined;
  readonly isDryRun: boolean;
};

/** How much there is of each. */
export type ImportCounts = {
  readonly executions: number;
  readonly uses: number;
  readonly artifacts: number;
  readonly params: number;
  readonly metrics: number;
};

export type DvcImportReport = {
  readonly pipeline: string;
  readonly commits: number;
  readonly files: number;
  readonly found: ImportCounts;
  /** What was not known here before; of executions, those of which anything was not. */
  readonly added: ImportCounts & { readonly entries: number };
  /** What could not be read, with the first commit that has it. */
  readonly leftOut: readonly (LeftOut & { readonly commit: string })[];
};

/** So many entries are made durable at once; whole runs always are. */
const ENTRIES_AT_ONCE = 20_000;

/**
 * Imports. What is known already is not recorded again; killed anywhere, the next import adds what is missing.
 * @throws CmfError `not-found` for a commit that is not there; `usage` for a pipeline's name that cannot be recorded
 */
export async function importDvc(clone: Clone, request: DvcImportRequest): Promise<DvcImportReport> {
  const { repository, reporter } = clone;
  const { layout, worktree } = repository;
  const pipeline = recordedName('the pipeline', request.pipeline ?? (await nameOfRepository(clone)));
  const namespace = ((await worktree.config('cmf.namespace')) ?? '').normalize('NFC');
  const { revisions } = request;
  const chosen = revisions === undefined ? undefined : await commitsNamed(clone, revisions);
  const history = await readDvcHistory(clone, openDvcFiles(repository, { namespace, pipeline }), chosen);
  reporter.progress(`${history.runs.length} runs`);
  const metrics = await readRunMetrics(repository.objects, history.runs);
  const codeRepository = await clone.codeRepository;
  const dateOf = ({ commit }: DatedRun): RunDate => ({
    commit: `${layout.objectFormat}:${commit.commit}`,
    repository: codeRepository,
    atMs: commit.timeSeconds * 1000,
  });
  const leftOut: (LeftOut & { commit: Oid })[] = [...history.leftOut, ...metrics.leftOut];
  const said = await saidHere(clone, history.runs);
  const [found, added] = [openTally(), openTally()];
  const sink = openSink(clone, request.isDryRun);
  for (const [i, dated] of history.runs.entries()) {
    const values = metrics.values[i] ?? new Map<string, StoredValue>();
    try {
      const drafts = draftsOfRun(dated.run, dateOf(dated), dated.producers, values);
      const fresh = drafts.flatMap((draft) => unsaidOf(draft, said) ?? []);
      found.add(dated.run, drafts);
      added.add(dated.run, fresh);
      sink.add(fresh);
    } catch (error) {
      leftOut.push({ path: dated.run.file, commit: dated.commit.commit, message: messageOf(error) });
    }
  }
  const entries = await sink.end();
  const { commits, files } = history;
  return { pipeline, commits, files, found: found.counts(), added: { ...added.counts(), entries }, leftOut };
}

/** As its remote calls it, so that all clones agree; else as its folder is called. */
async function nameOfRepository(clone: Clone): Promise<string> {
  const { worktree, commonDir } = clone.repository.layout;
  const place = (await clone.codeRepository) ?? worktree ?? commonDir;
  const trimmed = place.replace(/[/\\]+$/, '').replace(/(?:\/\.git|\.git)$/, '');
  return /[^/\\:]+$/.exec(trimmed)?.[0] ?? 'dvc';
}

async function saidHere(context: Context, runs: readonly DatedRun[]): Promise<SaidSet> {
  const { state } = await readState(context);
  return saidOf(state.entries.values(), new Set(runs.map(({ run }) => run.execution)));
}

/** Where drafts go: into the log, some thousands at a time, then into the journal at once. */
function openSink(clone: Clone, isDryRun: boolean) {
  const recorder = isDryRun ? undefined : openRecorder(clone);
  let staged: EntryDraft[] = [];
  let total = 0;
  const write = (): void => {
    recorder?.record(staged);
    staged = [];
  };
  return {
    add: (drafts: readonly EntryDraft[]): void => {
      total += drafts.length;
      if (recorder === undefined) return;
      for (const draft of drafts) staged.push(draft);
      if (staged.length < ENTRIES_AT_ONCE) return;
      write();
      clone.reporter.progress(`recorded ${total}`);
    },
    end: async (): Promise<number> => {
      write();
      const known = recorder?.rotate();
      if (known !== undefined && total > 0) await flush(clone, { wait: false, known });
      return total;
    },
  };
}

function openTally() {
  const artifacts = new Set<string>();
  let [executions, uses, params, metrics] = [0, 0, 0, 0];
  return {
    add: (_run: DvcRun, drafts: readonly EntryDraft[]): void => {
      if (drafts.length > 0) executions++;
      for (const { operation } of drafts) {
        if (operation.kind === 'use') {
          uses++;
          for (const digest of operation.digests) artifacts.add(formatDigest(digest));
        } else if (operation.kind === 'metric') metrics += Object.keys(operation.series).length;
        else if (operation.kind === 'set') {
          params += Object.keys(operation.values).filter((name) => name.startsWith('param.')).length;
        }
      }
    },
    counts: (): ImportCounts => ({ executions, uses, artifacts: artifacts.size, params, metrics }),
  };
}
