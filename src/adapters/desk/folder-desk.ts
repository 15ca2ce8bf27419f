/**
 * A desk that is a folder which only its user may enter, and a file beside it:
 *
 *     <user>.open            somebody is there: the number of the process. Whoever may write to the repository may send
 *                            it away by removing this
 *     <user>/<name>.ask      a question, complete when its last line is `end`: three variables of the hook's environment, a
 *                            line each, then what git wrote to it
 *     <user>/<name>.taken    the same while it is answered; whoever renames it has it
 *     <user>/<name>.said     the answer: the exit code on a line, then what is to be printed
 *
 * A question of which there is neither is the hook's own again. hooks/pre-receive is the other side.
 */
import {
  chmodSync,
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

const LAST_LINE = '\nend\n';
const VARIABLES = ['GIT_QUARANTINE_PATH', 'GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'] as const;

/**
 * @param parent the folder of the desks of all users
 * @param owner the number of this user
 */
export function folderDesk(parent: string, owner: string): Desk {
  const folder = `${parent}/${owner}`;
  const mark = `${folder}.open`;
  let watcher: FSWatcher | undefined;
  return {
    owner,
    open(options) {
      attempt(folder, () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        chmodSync(folder, 0o700);
        // Answers that nobody fetched. A question that lies there is taken.
        for (const name of readdirSync(folder))
          if (!name.endsWith('.ask')) rmSync(`${folder}/${name}`, { force: true });
        const look = (): void => lookAt(folder, options);
        watcher?.close();
        watcher = watch(folder, look);
        // Somebody took the folder away.
        watcher.on('error', () => undefined);
        writeFileSync(mark, `${process.pid}\n`);
        look();
      });
    },
    isOpen: () => watcher !== undefined && isMarkedBy(process.pid, mark),
    close() {
      watcher?.close();
      watcher = undefined;
      if (isMarkedBy(process.pid, mark)) rmSync(mark, { force: true });
    },
  };
}

function isMarkedBy(pid: number, mark: string): boolean {
  try {
    return readFileSync(mark, 'utf8') === `${pid}\n`;
  } catch {
    return false;
  }
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

/** Whatever goes wrong, the hook gets its question back, or has taken it back. */
async function serve(paper: string, { mayTake, answer }: DeskOptions): Promise<void> {
  try {
    const text = readFileSync(`${paper}.ask`, 'utf8');
    if (!text.endsWith(LAST_LINE) || !mayTake()) return;
    renameSync(`${paper}.ask`, `${paper}.taken`);
    const said = await answer(questionIn(text));
    if (said !== undefined) {
      writeFileSync(`${paper}.saying`, textOf(said));
      renameSync(`${paper}.saying`, `${paper}.said`);
    }
  } catch {
    rmSync(`${paper}.saying`, { force: true });
  }
  rmSync(`${paper}.taken`, { force: true });
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
