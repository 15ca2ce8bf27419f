/**
 * Records of a former writer that are dated so far ahead that no server takes them, in a copy of the clone that made them.
 * The copy continues nobody (its original may go on), so they are sealed again by a writer that says nothing else: it
 * continues the former one, and this clone does not become it. Where the original seals them again too, both say the same.
 */
import { hlcAt } from '../domain/clock.ts';
import type { WriterId } from '../domain/ids.ts';
import { REFS } from '../domain/ids.ts';
import { publicKeyOf, secretKeyFrom } from '../domain/signature.ts';
import { createWriterRecord } from '../domain/writer-record.ts';
import { type Clone, stateDirectory } from './clone.ts';
import { farAheadSegments } from './far-ahead.ts';
import { pathsOf } from './journal-tree.ts';
import { findIdentity, type Identity } from './keyring.ts';
import { withLock } from './lock.ts';
import { keepWriter } from './mint-writer.ts';
import { retireJournals } from './retire-journals.ts';
import { predecessorsOf } from './succession.ts';

/**
 * Seals again what no remote has accepted of a former writer, if some of it is far ahead of this machine's clock.
 * @returns true when that was done; false also where the key of that writer is not here
 * @throws CmfError `conflict`, `environment`
 */
export async function resealFormer(clone: Clone, former: WriterId): Promise<boolean> {
  const old = findIdentity(clone.disk, stateDirectory(clone), former);
  if (old === undefined) return false;
  const done = await withLock(clone, 'identity', true, async () => {
    if (!(await isFarAheadIn(clone, old))) return false;
    const scribe = mintScribe(clone, old);
    const resealed = await retireJournals(scribe);
    clone.reporter.warn(
      `records of former writer ${former} are dated far ahead: ${resealed} were sealed again, by writer ${scribe.writer}`,
    );
    return true;
  });
  return done === true;
}

async function isFarAheadIn(clone: Clone, { writer, identity }: Identity): Promise<boolean> {
  const { refs, objects } = clone.repository;
  const tip = await refs.resolve(REFS.journal + writer);
  if (tip === undefined) return false;
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  return (await farAheadSegments(clone, paths, identity.key)).size > 0;
}

/** A writer that continues the former one, and lies beside the clone's own; after a crash nobody misses it. */
function mintScribe(clone: Clone, old: Identity): Clone {
  const { disk, effects } = clone;
  const secret = secretKeyFrom(effects.randomBytes(32));
  const now = hlcAt(effects.nowMs());
  const identity = createWriterRecord(
    secret,
    now,
    predecessorsOf({ disk, repository: clone.repository, ...old }, publicKeyOf(secret)),
  );
  const { writer } = identity;
  keepWriter(clone, writer, { record: identity.text, key: `${secret}\n`, clock: now });
  return { ...clone, writer, identity, secret };
}
