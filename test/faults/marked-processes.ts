/** Processes that carry a mark in their environment: a command and all that it started, workers of hooks included. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The variable that carries the mark; git and hooks hand it on. */
export const MARK = 'CMF_TEST_MARK';

/** A process of ours. */
export type MarkedProcess = { readonly pid: number; readonly command: string };

const QUIET_MS = 60_000;
const POLL_MS = 10;

/** True where processes can be looked at. */
export const CAN_LOOK = process.platform === 'linux';

/** Living processes with this mark; none where the system does not show them. */
export function markedProcesses(mark: string): MarkedProcess[] {
  if (!CAN_LOOK) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${MARK}=${mark}\0`)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(pid), command }];
      } catch {
        // It has ended, or is somebody else's.
        return [];
      }
    });
}

/** Waits until no process with this mark lives any more. */
export async function untilQuiet(mark: string): Promise<void> {
  if (!CAN_LOOK) await sleep(1000);
  const until = Date.now() + QUIET_MS;
  for (let left = markedProcesses(mark); left.length > 0; left = markedProcesses(mark)) {
    if (Date.now() > until) {
      const lines = left.map(({ pid, command }) => `${pid} ${command}`).join('\n');
      throw new Error(`still running after ${QUIET_MS} ms:\n${lines}`);
    }
    await sleep(POLL_MS);
  }
}
