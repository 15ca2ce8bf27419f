import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../helpers/sealed-git.ts';

/** Fails when a text is in anything that a repository keeps: what refs and reflogs reach, logs, hints, bundles of its own. */
export async function requireNoTrace(folder: string, text: string): Promise<void> {
  const gitDir = existsSync(join(folder, '.git')) ? join(folder, '.git') : folder;
  const files = readdirSync(gitDir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('objects/'),
  );
  const holds = files.filter((name) => {
    const path = join(gitDir, name);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
  if (holds.length > 0) throw new Error(`purged text is in ${holds.map((name) => join(gitDir, name)).join(', ')}`);
  const listed = await git(['rev-list', '--objects', '--all', '--reflog'], { cwd: folder });
  const input = listed.stdout.replace(/ .*$/gm, '');
  const { stdoutBytes } = await git(['cat-file', '--batch'], { cwd: folder, input });
  if (Buffer.from(stdoutBytes).includes(text)) throw new Error(`purged text is in reachable objects of ${folder}`);
}
