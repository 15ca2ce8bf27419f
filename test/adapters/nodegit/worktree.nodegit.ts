import { makeCommit, makeRepository } from '../../helpers/sealed-git.ts';
import { conformWithoutGit } from './subjects.ts';

conformWithoutGit('nodegit, a work tree', async () => {
  const directory = await makeRepository();
  await makeCommit(directory, { 'code.py': 'print(1)\n' });
  return directory;
});
