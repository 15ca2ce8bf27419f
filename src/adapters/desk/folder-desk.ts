/**
 * A desk that is a folder which only its user may enter:
 *
 *     open           somebody is there
 *     <name>.ask     a question, complete when its last line is `end`: three variables of the hook's environment, a line
 *                    each, then what git wrote to it
 *     <name>.taken   the same while it is answered; whoever renames it has it
 *     <name>.said    the answer: the exit code on a line, then what is to be printed
 *
 * hooks/pre-receive is the other side.
 */
import {
  chmodSync,
  existsSync,
  type FSWatcher,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { CmfError } from '../../domain/errors.ts';
import type { Answer, Desk, DeskOptions, Question } from '../../ports/desk.ts';

const OPEN = 'open';
const LAST_LINE = '\nend\n';
const VARIABLES = ['GIT_QUARANTINE_PATH', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'] as const;

/**
 * @param parent the folder of the desks of all users
 * @param owner the number of this user
 */
export function folderDesk(parent: string, owner: string): Desk {
  const folder = `${parent}/${owner}`;
  let watcher: FSWatcher | undefined;
  return {
    owner,
    open(options) {
      attempt(folder, () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        chmodSync(folder, 0o700);
        for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true, force: true });
        const look = (): void => lookAt(folder, options);
        watcher?.close();
        watcher = watch(folder, look);
        // Somebody took the folder away.
        watcher.on('error', () => undefined);
        writeFileSync(`${folder}/${OPEN}`, '');
      });
    },
    isOpen: () => watcher !== undefined && existsSync(`${folder}/${OPEN}`),
    close() {
      watcher?.close();
      watcher = undefined;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lookAt(folder: string, options: DeskOptions): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // It is gone, and with it whoever asked.
    return;
  }
  for (const name of names) {
    if (name.endsWith('.ask')) void serve(`${folder}/${name.slice(0, -'.ask'.length)}`, options);
  }
}

async function serve(paper: string, { mayTake, answer }: DeskOptions): Promise<void> {
  try {
    const text = readFileSync(`${paper}.ask`, 'utf8');
    if (!text.endsWith(LAST_LINE) || !mayTake()) return;
    renameSync(`${paper}.ask`, `${paper}.taken`);
    const said = await answer(questionIn(text));
    writeFileSync(`${paper}.saying`, textOf(said));
    renameSync(`${paper}.saying`, `${paper}.said`);
    rmSync(`${paper}.taken`, { force: true });
  } catch {
    // The hook took its question back, or the disk refuses: then the hook helps itself.
  }
}

function questionIn(text: string): Question {
  const lines = text.slice(0, -LAST_LINE.length).split('\n');
  const set = VARIABLES.map((name, i) => [name, lines[i] ?? ''] as const).filter(([, value]) => value !== '');
  return { env: Object.fromEntries(set), input: lines.slice(VARIABLES.length).join('\n') };
}

function textOf({ exitCode, stderr }: Answer): string {
  return `${exitCode}\n${stderr}`;
}

function attempt(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new CmfError('environment', { message: `${path} cannot be used: ${String(error)}`, cause: error });
  }
}
