/** Which control records of others are kept. Anyone makes keys and signs with them, and each record costs at every reading. */
import type { ControlRecord } from '../domain/control-record.ts';
import { CONTROL_FILES_BYTES_MAX, CONTROL_FILES_MAX } from './control-tree.ts';

/** Records of one key, and of all keys, that nobody has pinned. */
export const STRANGE_MAX = { ofOneKey: 64, ofAll: 256 } as const;

/** The keys that this repository's user has spoken about. */
export type KeyRules = {
  /** Keys to obey. */
  readonly pinned: ReadonlySet<string>;
  /** Keys to hear nothing of, unless they are pinned. */
  readonly ignored: ReadonlySet<string>;
};

/** What is kept of new records, and how many are not. */
export type ChosenControl = {
  readonly kept: readonly ControlRecord[];
  /** Of keys that are not pinned: they come again when their key is. */
  readonly strange: number;
  /** For which a control tree has no room. */
  readonly excess: number;
};

/** Chooses among new records what fits beside the known ones. Records of ignored keys are passed over. */
export function chooseControl(
  known: readonly ControlRecord[],
  news: readonly ControlRecord[],
  { pinned, ignored }: KeyRules,
): ChosenControl {
  const strangers = known.filter(({ key }) => !pinned.has(key)).map(({ key }) => key);
  const perKey = new Map<string, number>();
  for (const key of strangers) perKey.set(key, (perKey.get(key) ?? 0) + 1);
  const kept: ControlRecord[] = [];
  let [ofAll, strange, excess] = [strangers.length, 0, 0];
  let sizeBytes = known.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  for (const record of news.filter(({ key }) => pinned.has(key) || !ignored.has(key))) {
    const { key } = record;
    const isPinned = pinned.has(key);
    const ofKey = perKey.get(key) ?? 0;
    const more = Buffer.byteLength(record.text);
    if (!isPinned && (ofKey >= STRANGE_MAX.ofOneKey || ofAll >= STRANGE_MAX.ofAll)) strange++;
    else if (known.length + kept.length >= CONTROL_FILES_MAX || sizeBytes + more > CONTROL_FILES_BYTES_MAX) excess++;
    else {
      kept.push(record);
      sizeBytes += more;
      if (isPinned) continue;
      ofAll++;
      perKey.set(key, ofKey + 1);
    }
  }
  return { kept, strange, excess };
}
