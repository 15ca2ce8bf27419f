/** Metrics files of imported runs, as git has them in the commit in which the run appeared first. */
import { hasRecordedMd5, isMetricsFile, METRICS_BYTES_MAX, readMetrics } from '../domain/dvc-metrics.ts';
import type { RunMetrics } from '../domain/dvc-runs.ts';
import { nameAcrossFiles } from '../domain/flatten.ts';
import type { StoredValue } from '../domain/value.ts';
import type { GitObjects, Oid, TreeEntry } from '../ports/git.ts';
import { type LeftOut, messageOf } from './dvc-files.ts';
import type { DatedRun } from './dvc-history.ts';

export type FoundMetrics = {
  /** By run, in the order they were asked for. */
  readonly values: readonly ReadonlyMap<string, StoredValue>[];
  readonly leftOut: readonly (LeftOut & { readonly commit: Oid })[];
};

const RUNS_AT_ONCE = 256;

type Wanted = RunMetrics & { readonly run: number; readonly commit: Oid; readonly oid: Oid };

/** Reads the metrics of runs. A file that is not in git, or not the one that the run wrote, gives none. */
export async function readRunMetrics(objects: GitObjects, runs: readonly DatedRun[]): Promise<FoundMetrics> {
  const byFile = runs.map(() => new Map<string, ReadonlyMap<string, StoredValue>>());
  const leftOut: (LeftOut & { commit: Oid })[] = [];
  for (let start = 0; start < runs.length; start += RUNS_AT_ONCE) {
    const wanted = await findAll(objects, runs.slice(start, start + RUNS_AT_ONCE), start);
    let i = 0;
    for await (const bytes of objects.readBlobs(wanted.map(({ oid }) => oid))) {
      const one = wanted[i++];
      if (one === undefined || !hasRecordedMd5(bytes, one.digest.value)) continue;
      try {
        byFile[one.run]?.set(one.path, readMetrics(bytes, one.path));
      } catch (error) {
        leftOut.push({ path: one.path, commit: one.commit, message: messageOf(error) });
      }
    }
  }
  return { values: byFile.map(nameAcrossFiles), leftOut };
}

/** The metrics files that are in git and short enough. */
async function findAll(objects: GitObjects, runs: readonly DatedRun[], offset: number): Promise<Wanted[]> {
  const trees = new Map<Oid, Promise<readonly TreeEntry[]>>();
  const readTree = (oid: Oid): Promise<readonly TreeEntry[]> => {
    const known = trees.get(oid) ?? objects.readTree(oid);
    trees.set(oid, known);
    return known;
  };
  const found = await Promise.all(
    runs.flatMap(({ run, commit }, i) =>
      run.metrics
        .filter(({ path }) => isMetricsFile(path))
        .map(async (metrics) => {
          const oid = await findBlob(readTree, commit.tree, metrics.path);
          return oid === undefined ? [] : [{ ...metrics, run: offset + i, commit: commit.commit, oid }];
        }),
    ),
  );
  const all = found.flat();
  const infos = await objects.infos(all.map(({ oid }) => oid));
  return all.filter((_, i) => (infos[i]?.sizeBytes ?? Number.POSITIVE_INFINITY) <= METRICS_BYTES_MAX);
}

async function findBlob(
  readTree: (oid: Oid) => Promise<readonly TreeEntry[]>,
  tree: Oid,
  path: string,
): Promise<Oid | undefined> {
  const parts = Buffer.from(path, 'utf8').toString('latin1').split('/');
  const last = parts.pop();
  let at = tree;
  for (const part of parts) {
    const folder = (await readTree(at)).find(({ name }) => name === part);
    if (folder?.mode !== '040000') return undefined;
    at = folder.oid;
  }
  const file = (await readTree(at)).find(({ name }) => name === last);
  return file?.mode === '100644' || file?.mode === '100755' ? file.oid : undefined;
}
