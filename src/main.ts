import type { Context } from './app/clone.ts';
import { openContext, openDisplay, openFiles, openMachine, openStreams } from './compose.ts';
import { runCommandLine } from './faces/cli/run.ts';
import type { Session } from './faces/cli/session.ts';

const terminal = openStreams(process);
let opened: Promise<Context> | undefined;

const session: Session = {
  context: () => {
    opened ??= openContext(process.cwd(), process, terminal.reporter);
    return opened;
  },
  files: openFiles,
  print: terminal.print,
  ...openDisplay(process.cwd(), process, terminal.print),
  machine: openMachine(process.cwd(), process),
  inputLines: terminal.inputLines,
  environment: process.env,
  currentDirectory: process.cwd(),
  columns: terminal.columns,
};

process.exitCode = await runCommandLine(process.argv.slice(2), session, terminal);
await opened?.then(
  ({ repository }) => repository.close(),
  () => undefined,
);
