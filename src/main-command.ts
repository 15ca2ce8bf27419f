/** What a person or a program types: `git cmf COMMAND`. */
import type { Context } from './app/clone.ts';
import * as compose from './compose.ts';
import { runCommandLine } from './faces/cli/run.ts';
import type { Session } from './faces/cli/session.ts';

const directory = currentDirectory();
const terminal = compose.openStreams(process);
const opened: Context[] = [];
let here: Promise<Context> | undefined;

/** One that was deleted has no name but the shell's; opening that says so. Packages ask again where we are, and crash. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return process.env['PWD'] ?? 'the current folder';
  }
}

async function open(directory: string, host: compose.Host): Promise<Context> {
  const context = await compose.openContext(directory, host, terminal.reporter);
  opened.push(context);
  return context;
}

function withoutPlace(): compose.Host {
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_COMMON_DIR: _common, ...env } = process.env;
  return { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env };
}

const session: Session = {
  context: () => {
    here ??= open(directory, process);
    return here;
  },
  contextAt: (directory) => open(directory, withoutPlace()),
  server: (context) => compose.openServer(context, process),
  bundles: (context) => compose.openBundles(context, process),
  installation: compose.installation(process.execPath, process.argv[1] ?? ''),
  files: (context) => compose.openFiles(context, process),
  storages: (context) => compose.openStorages(context, process),
  print: terminal.print,
  printBytes: terminal.printBytes,
  complain: terminal.complain,
  ...compose.openDisplay(directory, process, terminal.print),
  machine: compose.openMachine(directory, process),
  inputLines: terminal.inputLines,
  inputBytes: terminal.inputBytes,
  environment: process.env,
  currentDirectory: directory,
  columns: terminal.columns,
};

process.exitCode = await runCommandLine(process.argv.slice(2), session, terminal);
await Promise.allSettled(opened.map(({ repository }) => repository.close()));
