import { execFileSync } from 'node:child_process';
import type { BenchCase } from '../bench-case.ts';
import { FILES, openBesideDvc, statAll } from '../beside-dvc.ts';
import { command } from '../command.ts';

/** What somebody asks many times a day, of a folder in which nothing has changed. */
const artifactStatus: BenchCase = {
  name: `5  status of ${FILES} files, nothing changed`,
  goal: { kind: 'faster', times: 8 },
  rounds: 5,
  open: (place) => {
    const repositories = openBesideDvc(place);
    if ('unmeasured' in repositories) return repositories;
    const { ours, theirs } = repositories;
    execFileSync(process.execPath, [ours.program, 'artifact', 'add', 'd'], { cwd: ours.folder });
    execFileSync(theirs.program, ['add', '-q', 'd'], { cwd: theirs.folder, env: theirs.env });
    return {
      work: command('git-cmf artifact status', [process.execPath, ours.program, 'artifact', 'status'], {
        cwd: ours.folder,
      }),
      against: command('dvc status', [theirs.program, 'status'], { cwd: theirs.folder, env: theirs.env }),
      limit: { name: 'a stat for each file', run: () => statAll(ours) },
    };
  },
};

export default artifactStatus;
