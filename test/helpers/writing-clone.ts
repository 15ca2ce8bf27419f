import { nodeDisk } from '../../src/adapters/disk/node-disk.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../src/adapters/process/node-effects.ts';
import { type Clone, initialiseClone } from '../../src/app/clone.ts';
import { startExecution } from '../../src/app/executions.ts';
import { readState } from '../../src/app/read-state.ts';
import type { Running } from '../../src/app/running.ts';
import { makeRepository, type RepositoryShape, sealedEnv } from './sealed-git.ts';

/** A clone that records, with what it said to a person. */
export type WritingClone = { readonly directory: string; readonly clone: Clone; readonly said: string[] };

/** Makes a repository and initialises it. The caller closes it: `clone.repository.close()`. */
export async function makeWritingClone(shape: RepositoryShape = {}): Promise<WritingClone> {
  return openWritingClone(await makeRepository(shape));
}

/** Opens a repository and initialises it where that has not been done. The caller closes it. */
export async function openWritingClone(directory: string): Promise<WritingClone> {
  const repository = await openRepository(directory, { env: sealedEnv() });
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  let names = 0;
  const { clone } = initialiseClone({
    repository,
    disk: nodeDisk(() => `${process.pid}-${names++}`),
    effects: nodeEffects(),
    reporter: { warn: say, note: say, progress: () => undefined },
  });
  return { directory, clone, said };
}

/** Starts an execution of `churn/<stage>`. */
export function startRun(clone: Clone, stage = 'train'): Promise<Running> {
  return startExecution(clone, { namespace: '', pipeline: 'churn', stage, params: new Map(), props: new Map() });
}

/** Ids of the entries that a clone knows, sorted. */
export async function entriesOf(clone: Clone): Promise<string[]> {
  return [...(await readState(clone)).state.entries.keys()].sort();
}
