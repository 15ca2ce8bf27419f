import { REFS } from '../domain/ids.ts';
import type { RefUpdate } from '../ports/git.ts';
import type { Context } from './clone.ts';

/**
 * Lets go of what the journals of former writers were, because something in them was purged. That they were retired, and
 * what they are now, stays known.
 */
export async function forgetRetired({ repository }: Context): Promise<void> {
  const { refs } = repository;
  const updates: RefUpdate[] = [];
  for (const { name, oid } of await refs.list([REFS.retired])) {
    const [writer, what] = name.slice(REFS.retired.length).split('/');
    const to = what === 'accepted' ? await refs.resolve(`${REFS.journal}${writer}`) : undefined;
    if (to !== oid) updates.push({ name, to, expected: oid });
  }
  if (updates.length > 0) await refs.update(updates);
}
