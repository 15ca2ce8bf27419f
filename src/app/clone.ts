/**
 * A clone as a writer: where its state lies, who it is, and its clock.
 *
 *     <common git dir>/cmf/writer.json     who it is (see writer-record.ts)
 *     <common git dir>/cmf/key             its secret key, mode 0600
 *     <common git dir>/cmf/clock           high-water of its clock, 16 hex digits
 *     <common git dir>/cmf/wal/            records that are not in git yet
 *     <common git dir>/cmf/running/        executions started here and not finished
 *     <common git dir>/cmf/lock/           short locks; each may be broken when its holder is dead
 *     <common git dir>/cmf/flush.json      a hint: the last segment of each bucket
 */
import { HLC_ZERO, type Hlc, hlcAt, hlcMs, isHlc, tick, witness } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { publicKeyOf, type SecretKey, secretKeyFrom } from '../domain/signature.ts';
import { createWriterRecord, verifyWriterRecord, type WriterRecord } from '../domain/writer-record.ts';
import type { Disk } from '../ports/disk.ts';
import type { Effects, Reporter } from '../ports/effects.ts';
import type { GitRepository } from '../ports/git.ts';

/** What a use-case is given. */
export type Context = {
  readonly repository: GitRepository;
  readonly disk: Disk;
  readonly effects: Effects;
  readonly reporter: Reporter;
};

/** A clone that can write. */
export type Clone = Context & { readonly identity: WriterRecord; readonly secret: SecretKey };

/** The clone's own folder. */
export function stateDirectory(context: Pick<Context, 'repository'>): string {
  return `${context.repository.layout.commonDir}/cmf`;
}

export function walDirectory(context: Pick<Context, 'repository'>): string {
  return `${stateDirectory(context)}/wal`;
}

/** The ref of a clone's own journal. */
export function ownJournal(clone: Clone): string {
  return REFS.journal + clone.identity.writer;
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
  const directory = stateDirectory(context);
  const text = context.disk.read(`${directory}/writer.json`);
  const key = context.disk.read(`${directory}/key`);
  if (text === undefined) {
    throw new CmfError('not-initialised', { message: 'this clone does not record yet', hint: 'git cmf init' });
  }
  const identity = verifyWriterRecord(decode(text));
  const secret = decode(key ?? new Uint8Array()).trim() as SecretKey;
  if (key === undefined || publicKeyOf(secret) !== identity.key) {
    throw new CmfError('damaged', {
      message: `${directory}/key is not the key of writer ${identity.writer}`,
      hint: `move ${directory}/writer.json away and run git cmf init: a new writer begins, nothing recorded is lost`,
    });
  }
  return { ...context, identity, secret };
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
  const key = won ? secret : (decode(disk.read(`${directory}/key`) ?? new Uint8Array()).trim() as SecretKey);
  const record = createWriterRecord(key, hlcAt(effects.nowMs()));
  disk.createExclusive(`${directory}/writer.json`, record.text);
  return { clone: openClone(context), isNew: won };
}

/** Reads the clock's high-water; a clone that lost it falls back on the wall clock. */
export function readClock(context: Context): Hlc {
  const bytes = context.disk.read(`${stateDirectory(context)}/clock`);
  const text = bytes === undefined ? '' : decode(bytes).trim();
  return isHlc(text) ? text : HLC_ZERO;
}

/** The next `count` readings of the clock. The high-water is stored before any of them is used. */
export function tickClock(context: Context, count: number): Hlc[] {
  const wallMs = context.effects.nowMs();
  let last = readClock(context);
  const readings: Hlc[] = [];
  for (let i = 0; i < count; i++) {
    last = tick(last, wallMs);
    readings.push(last);
  }
  context.disk.writeHint(`${stateDirectory(context)}/clock`, last);
  return readings;
}

/** Moves the clock past what other writers said, so that what is recorded next sorts after it. */
export function witnessClock(context: Context, seen: Hlc): void {
  const last = readClock(context);
  const next = witness(last, seen, context.effects.nowMs());
  if (next !== last) context.disk.writeHint(`${stateDirectory(context)}/clock`, next);
}

/** How far the clock runs ahead of the wall clock, in milliseconds; at most 0 when it does not. */
export function clockAheadMs(context: Context): number {
  return hlcMs(readClock(context)) - context.effects.nowMs();
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
