/** Segments of a journal that no server accepts yet: the machine's date was wrong when they were sealed. */
import { type Hlc, isFarAhead } from '../domain/clock.ts';
import { parseJournalPath } from '../domain/layout.ts';
import type { PublicKey } from '../domain/signature.ts';
import type { GitObjects, Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { readSegments } from './journal-tree.ts';
import { isAboutData } from './read-state.ts';

/** Those of one writer's segments that hold an entry far ahead of this machine's clock. Other paths are passed over. */
export async function farAheadSegments(
  { repository, effects }: Context,
  paths: ReadonlyMap<string, Oid>,
  key: PublicKey,
): Promise<Map<string, Oid>> {
  const nowMs = effects.nowMs();
  const isAhead = (hlc: Hlc) => isFarAhead(hlc, nowMs);
  const ahead = new Map<string, Oid>();
  for (const [path, oid] of paths) {
    const place = parseJournalPath(path);
    if (place?.kind !== 'segment') continue;
    // The date may have jumped in the middle.
    const hlcs = isAhead(place.hlc) ? [place.hlc] : await hlcsOf(repository.objects, new Map([[path, oid]]), key);
    if (hlcs.some(isAhead)) ahead.set(path, oid);
  }
  return ahead;
}

/** Of what cannot be read the name must do: damage is not what is asked here. */
async function hlcsOf(objects: GitObjects, segment: ReadonlyMap<string, Oid>, key: PublicKey): Promise<Hlc[]> {
  const hlcs: Hlc[] = [];
  try {
    for await (const { entries } of readSegments(objects, segment, key)) hlcs.push(...entries.map(({ hlc }) => hlc));
  } catch (error) {
    if (!isAboutData(error)) throw error;
  }
  return hlcs;
}
