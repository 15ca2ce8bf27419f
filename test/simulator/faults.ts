/** Faults that are put in on purpose: a simulator that cannot find them finds nothing. */
import { REFS } from '../../src/domain/ids.ts';
import type { Disk } from '../../src/ports/disk.ts';
import type { CommitRequest, CommitResult, GitRepository } from '../../src/ports/git.ts';

/** A world that is wrong in one way, or in none. */
export type Faults = {
  /** Commits move refs whatever they point at. */
  readonly blindRefs: boolean;
  /** Hosts move refs whatever they point at. */
  readonly blindHosts: boolean;
  readonly disk: (disk: Disk) => Disk;
  readonly repository: (repository: GitRepository) => GitRepository;
};

/** Nothing is wrong. */
export const NO_FAULTS: Faults = {
  blindRefs: false,
  blindHosts: false,
  disk: (disk) => disk,
  repository: (repository) => repository,
};

/** Each must be found. */
export const FAULTS: Readonly<Record<string, Faults>> = {
  'commits move refs blindly': { ...NO_FAULTS, blindRefs: true },
  'hosts move refs blindly': { ...NO_FAULTS, blindHosts: true },
  'a log is not synchronised': { ...NO_FAULTS, disk: withoutSync },
  'the folder of a log is not synchronised': {
    ...NO_FAULTS,
    disk: (disk) => altered(disk, { syncDirectory: () => undefined }),
  },
  'logs go before the ref has moved': { ...NO_FAULTS, repository: (one) => altering(one, movesNothing) },
  'what is learned lacks a path': {
    ...NO_FAULTS,
    repository: (one) =>
      altering(one, (real, request) => real(request.ref === REFS.known ? dropLast(request) : request)),
  },
  'a merge lacks a path': {
    ...NO_FAULTS,
    repository: (one) =>
      altering(one, (real, request) => real(request.ref === REFS.mergedAll ? dropLast(request) : request)),
  },
  'a purge leaves what was learned': {
    ...NO_FAULTS,
    repository: (one) =>
      altering(one, async (real, request, { objects }) => {
        const { ref, always, expected } = request;
        if (ref !== REFS.known || always !== true || expected === undefined) return real(request);
        return { kind: 'moved', commit: expected, tree: await objects.treeOf(expected) };
      }),
  },
  'an archive takes the place of the one before': {
    ...NO_FAULTS,
    repository: (one) =>
      altering(one, (real, request) => real(request.ref === REFS.archive ? { ...request, fresh: true } : request)),
  },
};

function altered<Part extends object>(part: Part, change: Partial<Part>): Part {
  return Object.assign(Object.create(part) as Part, change);
}

function withoutSync(disk: Disk): Disk {
  return altered(disk, {
    openAppend: (path, options) => altered(disk.openAppend(path, options), { sync: () => undefined }),
  });
}

type Commit = (request: CommitRequest) => Promise<CommitResult>;

function altering(
  repository: GitRepository,
  commit: (real: Commit, request: CommitRequest, repository: GitRepository) => Promise<CommitResult>,
): GitRepository {
  const real: Commit = (request) => repository.writer.commit(request);
  return altered(repository, {
    writer: altered(repository.writer, { commit: (request) => commit(real, request, repository) }),
  });
}

/** Says that the ref has moved, where another commit is to come after it. */
const movesNothing = async (real: Commit, request: CommitRequest, { refs }: GitRepository): Promise<CommitResult> => {
  const result = await real(request);
  const isLast = request.expected !== undefined && request.ref.startsWith(REFS.journal);
  if (isLast && result.kind === 'moved') {
    await refs.update([{ name: request.ref, to: request.expected, expected: result.commit }]);
  }
  return result;
};

function dropLast(request: CommitRequest): CommitRequest {
  return { ...request, changes: request.changes.length > 1 ? request.changes.slice(0, -1) : request.changes };
}
