import { spawn } from 'node:child_process';

/** A reader that stops early closes the pipe; a shell says 127 when the program is not there. */
const NOT_FOUND = 127;

/**
 * Shows a text through a pager, as git does: the shell starts it, LESS and LV get git's defaults, and this process waits
 * for its end. @returns false when the pager could not be started, so that the text was not shown
 */
export function showInPager(
  text: string,
  pager: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  const child = spawn('sh', ['-c', pager], {
    env: { LESS: 'FRX', LV: '-c', ...environment, GIT_PAGER_IN_USE: 'true' },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  // Ctrl-C belongs to the pager, which may use it to stop a search; we end when it does.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  child.stdin.on('error', ignore);
  child.stdin.end(text);
  return new Promise((resolve) => {
    const end = (isShown: boolean) => {
      process.off('SIGINT', ignore);
      resolve(isShown);
    };
    child.on('error', () => end(false));
    child.on('close', (code) => end(code !== NOT_FOUND));
  });
}
