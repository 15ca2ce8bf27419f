/**
 * A clone as a writer: where its state lies, and who it is.
 *
 *     <common git dir>/cmf/writer.json     who it is (see writer-record.ts)
 *     <common git dir>/cmf/key             its secret key, mode 0600
 *     <common git dir>/cmf/self            which file writer.json is, so that a copy is noticed (see clone-mark.ts)
 *     <common git dir>/cmf/writers/        the writers that it was before (see keyring.ts)
 *     <common git dir>/cmf/clock           high-water of its clock, 16 hex digits (see clone-clock.ts)
 *     <common git dir>/cmf/wal/            records that are not in git yet
 *     <common git dir>/cmf/running/        executions started here and not finished
 *     <common git dir>/cmf/lock/           short locks; each may be broken when its holder is dead
 *     <common git dir>/cmf/flush.json      a hint: the last segment of each bucket
 */
import { decodeCanonical, isJsonObject } from '../domain/canonical-json.ts';
import { hlcAt } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { isWriterId, REFS, type WriterId } from '../domain/ids.ts';
import { type SecretKey, secretKeyFrom } from '../domain/signature.ts';
import { createWriterRecord, verifyWriterRecord, type WriterRecord } from '../domain/writer-record.ts';
import type { Disk } from '../ports/disk.ts';
import type { Effects, Reporter } from '../ports/effects.ts';
import type { GitRepository } from '../ports/git.ts';
import { writeMark } from './clone-mark.ts';
import { findSecret, type Identity, readSecret } from './keyring.ts';

/** What a use-case is given. */
export type Context = {
  readonly repository: GitRepository;
  readonly disk: Disk;
  readonly effects: Effects;
  readonly reporter: Reporter;
};

/** A clone that can write. Its record and key are read and checked when they are first needed: most commands need not. */
export type Clone = Context &
  Identity & {
    /** URL of the code repository: of the first remote, without user and password. Asked for once. */
    readonly codeRepository: Promise<string | undefined>;
  };

/** The clone's own folder. */
export function stateDirectory(context: Pick<Context, 'repository'>): string {
  return `${context.repository.layout.commonDir}/cmf`;
}

export function walDirectory(context: Pick<Context, 'repository'>): string {
  return `${stateDirectory(context)}/wal`;
}

/** The ref of a clone's own journal. */
export function ownJournal(clone: Clone): string {
  return REFS.journal + clone.writer;
}

/** True for a bare repository that does not record itself: others push to it. */
export function isHost(context: Context): boolean {
  return context.repository.layout.worktree === undefined && !isInitialised(context);
}

/** True if `git cmf init` has been run here. */
export function isInitialised(context: Context): boolean {
  return context.disk.stat(`${stateDirectory(context)}/writer.json`) !== undefined;
}

/**
 * Opens the clone for writing.
 * @throws CmfError `not-initialised`; `damaged` when its identity cannot be read
 */
export function openClone(context: Context): Clone {
  const bytes = context.disk.read(`${stateDirectory(context)}/writer.json`);
  if (bytes === undefined) {
    throw new CmfError('not-initialised', { message: 'this clone does not record yet', hint: 'git cmf init' });
  }
  const text = decode(bytes);
  let identity: WriterRecord | undefined;
  let secret: SecretKey | undefined;
  let codeRepository: Promise<string | undefined> | undefined;
  return {
    ...context,
    writer: claimedWriter(context, text),
    get identity() {
      identity ??= checkIdentity(context, text);
      return identity;
    },
    get secret() {
      secret ??= secretOf(context, this.identity);
      return secret;
    },
    get codeRepository() {
      codeRepository ??= firstRemoteUrl(context);
      return codeRepository;
    },
  };
}

/**
 * Opens the clone and checks at once what openClone leaves for the first signature.
 * @throws CmfError `not-initialised`; `damaged` when identity or key cannot be trusted
 */
export function openCheckedClone(context: Context): Clone {
  const clone = openClone(context);
  // Reading it checks it, and the identity with it.
  void clone.secret;
  return clone;
}

async function firstRemoteUrl({ repository }: Context): Promise<string | undefined> {
  const [remote] = await repository.transport.remotes();
  return remote === undefined ? undefined : repository.transport.remoteUrl(remote);
}

/** The writer that writer.json names. Its signature is checked before anything is signed for it. */
function claimedWriter(context: Context, text: string): WriterId {
  const json = explainDamage(context, () => decodeCanonical(text));
  if (isJsonObject(json) && isWriterId(json['writer'])) return json['writer'];
  throw damagedIdentity(context, 'names no writer');
}

function checkIdentity(context: Context, text: string): WriterRecord {
  return explainDamage(context, () => verifyWriterRecord(text));
}

function explainDamage<Result>(context: Context, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof CmfError ? damagedIdentity(context, `cannot be trusted: ${cause.message}`) : cause;
  }
}

function secretOf(context: Context, identity: WriterRecord): SecretKey {
  const secret = readableSecret(context, identity);
  if (secret !== undefined) return secret;
  throw damagedIdentity(
    context,
    `is of writer ${identity.writer}, whose key is not the one in ${stateDirectory(context)}/key`,
  );
}

/** The key is its owner's alone, also where a group shares the repository. */
function readableSecret(context: Context, identity: WriterRecord): SecretKey | undefined {
  try {
    return findSecret(context.disk, stateDirectory(context), identity);
  } catch (error) {
    if (!(error instanceof CmfError && error.code === 'environment')) throw error;
    throw new CmfError('environment', {
      message: `${error.message}; only who can read this key can put records into git here`,
      hint: 'whoever ran git cmf init here sends your records too, with git cmf push; or record in a clone of your own',
      cause: error,
    });
  }
}

function damagedIdentity(context: Context, what: string): CmfError {
  const directory = stateDirectory(context);
  return new CmfError('damaged', {
    message: `${directory}/writer.json ${what}`,
    hint: `mv ${directory}/writer.json ${directory}/key /tmp, then git cmf init: a new writer begins; what is in git stays`,
  });
}

/**
 * Makes the clone a writer. Doing it again changes nothing. Works offline.
 * @returns the clone, and whether it is new
 */
export function initialiseClone(context: Context): { readonly clone: Clone; readonly isNew: boolean } {
  if (isInitialised(context)) return { clone: openClone(context), isNew: false };
  const { disk, effects } = context;
  const directory = stateDirectory(context);
  for (const name of ['', '/wal', '/running', '/lock']) disk.makeDirectory(directory + name);
  const secret = secretKeyFrom(effects.randomBytes(32));
  // Of two that initialise at once the first key wins; writer.json follows from it and from nothing else but a time.
  const won = disk.createExclusive(`${directory}/key`, `${secret}\n`, { mode: 0o600 });
  const key = won ? secret : readSecret(disk, directory);
  const record = createWriterRecord(key, hlcAt(effects.nowMs()));
  disk.createExclusive(`${directory}/writer.json`, record.text);
  writeMark(disk, directory, record.writer);
  return { clone: openClone(context), isNew: won };
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
