/** Where a group shares the repository (`core.sharedRepository`), it shares our folder in it too, whatever the umask. */
import { type Context, stateDirectory } from './clone.ts';

/** The settings of git that let the group write. */
const GROUP_WRITES = /^(?:group|true|yes|on|1|all|world|everybody|2|0?66[0-7])$/i;

/** What every clone has in its folder; what is made in these later takes after them. */
const FOLDERS = ['', '/wal', '/running', '/lock'];

/** Makes our folder so that the group may write to it, if git would make one so. */
export async function shareFolder(context: Context): Promise<void> {
  const shared = await context.repository.worktree.config('core.sharedRepository');
  if (shared === undefined || !GROUP_WRITES.test(shared)) return;
  for (const name of FOLDERS) context.disk.makeDirectory(stateDirectory(context) + name, { isShared: true });
}
