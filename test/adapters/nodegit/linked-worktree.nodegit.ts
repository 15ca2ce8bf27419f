import { join } from 'node:path';
import { git, makeCommit, makeRepository, makeTempDirectory } from '../../helpers/sealed-git.ts';
import { conformWithoutGit } from './subjects.ts';

conformWithoutGit('nodegit, a linked work tree', async () => {
  const main = await makeRepository();
  await makeCommit(main, { 'code.py': 'print(1)\n' });
  const directory = join(makeTempDirectory('linked'), 'tree');
  await git(['worktree', 'add', '--quiet', directory, '-b', 'side'], { cwd: main });
  return directory;
});
