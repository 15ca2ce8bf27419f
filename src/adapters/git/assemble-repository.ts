import type { GitRepository } from '../../ports/git.ts';
import type { GitParts } from '../../ports/git-store.ts';
import { StoredObjects } from './objects.ts';
import { StoredWriter } from './writer.ts';

/** A whole repository from what differs between the ways to reach git. */
export function assembleRepository({ store, ...rest }: GitParts): GitRepository {
  const format = rest.layout.objectFormat;
  const objects = new StoredObjects(store, format);
  return { ...rest, objects, writer: new StoredWriter(store, format, objects, rest.refs) };
}
