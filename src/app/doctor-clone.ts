import { verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import type { Machine } from '../ports/machine.ts';
import { adoptLogs, orphanedLogs } from './adopt-logs.ts';
import {
  type Clone,
  type Context,
  isInitialised,
  openCheckedClone,
  openClone,
  stateDirectory,
  walDirectory,
} from './clone.ts';
import { examineLeftOut } from './doctor-left-out.ts';
import { examinePurges } from './doctor-purges.ts';
import { examineWriter } from './doctor-writer.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';
import { flush } from './flush.ts';
import { lockHolder } from './lock.ts';
import { abandonedWals, findWals, mayBeWritten, sealWal, type WalFile } from './wal.ts';

const HELP_FIX = 'git cmf doctor --fix';

/** The clone's own folder: identity, clock, logs, locks. */
export async function examineClone(context: Context, machine: Machine): Promise<Finding[]> {
  if (!isInitialised(context)) return [notice('this clone does not record yet', 'git cmf init')];
  const directory = stateDirectory(context);
  const clone = openedClone(context);
  return [
    clone instanceof CmfError
      ? wrong(clone.message, clone.hint ?? 'git cmf fsck')
      : fine(`this clone records as writer ${clone.writer}`),
    machine.isWritable(directory)
      ? fine(`${directory} can be written`)
      : wrong(`${directory} cannot be written`, `chmod u+rwx ${directory}`),
    ...(clone instanceof CmfError ? [] : await examineWriter(clone)),
    ...examineLogs(context),
    ...examineLocks(context),
    ...(await examinePurges(context)),
    ...(await examineLeftOut(context)),
    ...(await examineLeftovers(context)),
    ...(await examineDvcFolder(context)),
  ];
}

/** The clone, with its key checked; or what is wrong with its identity. */
function openedClone(context: Context): Clone | CmfError {
  try {
    return openCheckedClone(context);
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return error;
  }
}

function examineLogs(context: Context): Finding[] {
  const { disk, effects } = context;
  const directory = walDirectory(context);
  const abandoned = abandonedWals(disk, effects, directory);
  const damaged = findWals(disk, directory).filter((file) => !isSound(file));
  const findings: Finding[] = [];
  if (abandoned.length > 0) {
    findings.push({
      ...notice(
        `${abandoned.length} logs are of processes that ended, or that run on another machine or before a restart; ` +
          'their records are read and pushed all the same',
        HELP_FIX,
      ),
      fix: () => journalAbandoned(context, abandoned),
    });
  }
  for (const file of damaged) {
    findings.push({
      ...wrong(`${file.path} has lines that are no records`, HELP_FIX),
      fix: () => setAside(context, file),
    });
  }
  findings.push(...examineOrphans(context));
  if (findings.length === 0) findings.push(fine('no log was left behind'));
  return findings;
}

/** Where the identity itself is damaged, that is found already, and nobody can be told from anybody. */
function examineOrphans(context: Context): Finding[] {
  const clone = openedClone(context);
  if (clone instanceof CmfError) return [];
  const orphans = orphanedLogs(clone);
  if (orphans.length === 0) return [];
  const what = `${orphans.length} logs hold records of a writer that this clone was before; without its key they cannot be pushed`;
  const fix = async () => `recorded ${adoptLogs(clone, orphans)} records of them anew, as writer ${clone.writer}`;
  return [{ ...wrong(what, HELP_FIX), fix }];
}

function isSound({ lines }: WalFile): boolean {
  return lines.every((line) => {
    try {
      verifyEntry(line);
      return true;
    } catch {
      return false;
    }
  });
}

/** A process that lives after all finds its log gone and writes its lines again: nothing is lost, at worst said twice. */
async function journalAbandoned(context: Context, abandoned: readonly string[]): Promise<string> {
  for (const path of abandoned) sealWal(context.disk, path);
  const { entries } = await flush(openClone(context), { wait: true });
  return `journaled ${entries} records of ${abandoned.length} logs`;
}

/** What can be read of it is journaled first; the rest stays on disk, out of the way. */
async function setAside(context: Context, file: WalFile): Promise<string> {
  const { disk } = context;
  const folder = `${stateDirectory(context)}/damaged`;
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (mayBeWritten(disk, context.effects, file.path)) return `left ${file.path} to the process that writes it`;
  const path = sealWal(disk, file.path);
  await flush(openClone(context), { wait: true });
  disk.makeDirectory(folder);
  disk.rename(path, `${folder}/${name}`);
  disk.syncDirectory(folder);
  return `journaled what can be read of it and moved it to ${folder}/${name}`;
}

/** Locks of another kind lie there too (those of pointer files); who takes them looks after them. */
function examineLocks(context: Context): Finding[] {
  const folder = `${stateDirectory(context)}/lock`;
  const stale = context.disk.list(folder).filter((name) => {
    const bytes = context.disk.read(`${folder}/${name}`);
    const holder = bytes === undefined ? undefined : lockHolder(Buffer.from(bytes).toString('utf8'));
    return holder !== undefined && context.effects.liveness(holder) === 'dead';
  });
  return stale.map((name) => ({
    ...notice(`${folder}/${name} is held by a process that is gone; the next command breaks it`, HELP_FIX),
    fix: async () => {
      context.disk.remove(`${folder}/${name}`);
      return `removed ${folder}/${name}`;
    },
  }));
}

async function examineLeftovers(context: Context): Promise<Finding[]> {
  const { refs } = context.repository;
  const leftovers = await refs.list([REFS.temporary]);
  if (leftovers.length === 0) return [];
  return [
    {
      ...notice(`${leftovers.length} refs of interrupted writes lie below ${REFS.temporary}`, HELP_FIX),
      fix: async () => {
        await refs.update(leftovers.map(({ name, oid }) => ({ name, expected: oid, to: undefined })));
        return `removed ${leftovers.length} refs`;
      },
    },
  ];
}

async function examineDvcFolder(context: Context): Promise<Finding[]> {
  const { layout, worktree } = context.repository;
  if (layout.worktree === undefined) return [];
  const isIgnored = await worktree.isIgnored(`${layout.worktree}/.dvc/config`);
  if (!isIgnored) return [];
  return [
    wrong(
      'git ignores .dvc/config, so other clones do not learn where artifacts are',
      'git check-ignore -v .dvc/config',
    ),
  ];
}
