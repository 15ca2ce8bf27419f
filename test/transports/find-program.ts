import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program, also of one that only administrators have on theirs. */
export function findProgram(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed: sh .ci/install-servers`);
  return found;
}
