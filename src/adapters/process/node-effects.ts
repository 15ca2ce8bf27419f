import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import type { Effects, ProcessIdentity } from '../../ports/effects.ts';
import { randomPool } from './random-pool.ts';

/** What a machine that shows little (a sandbox without /proc) leaves unsaid. It equals nothing, not even itself. */
const UNTOLD = '-';

/**
 * Time, chance and processes of the machine this runs on.
 * @param facts how it is asked: Linux through /proc, macOS through ps and sysctl
 */
export function nodeEffects(facts: SystemFacts = platform() === 'linux' ? LINUX : DARWIN): Effects {
  let own: ProcessIdentity | undefined;
  const identity = () => {
    own ??= {
      bootId: told(facts.bootId) ?? UNTOLD,
      pidNamespace: told(facts.pidNamespace) ?? UNTOLD,
      pid: process.pid,
      startTime: told(() => facts.startTime(process.pid)) ?? UNTOLD,
    };
    return own;
  };
  return {
    nowMs: () => Date.now(),
    randomBytes: randomPool(),
    process: identity,
    liveness: (other) => {
      const { bootId, pidNamespace } = identity();
      // Another boot or namespace: its process numbers mean nothing here, and the disk may be shared between machines.
      if (other.bootId !== bootId || other.pidNamespace !== pidNamespace) return 'unknown';
      if ([bootId, pidNamespace, other.startTime].includes(UNTOLD)) return 'unknown';
      try {
        return facts.startTime(other.pid) === other.startTime ? 'alive' : 'dead';
      } catch {
        return 'unknown';
      }
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    every: (ms, work) => {
      const timer = setInterval(work, ms).unref();
      return () => clearInterval(timer);
    },
    environment: () => ({ os: platform(), release: release(), arch: arch(), node: process.versions.node }),
  };
}

function told<Fact>(ask: () => Fact): Fact | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** How a system tells of its processes. Each throws when the system does not tell. */
export type SystemFacts = {
  bootId(): string;
  pidNamespace(): string;
  /** Undefined when there is no such process, or it has ended and nobody has collected its exit status yet. */
  startTime(pid: number): string | undefined;
};

const LINUX: SystemFacts = {
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', ''),
  pidNamespace: () => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''),
  startTime: (pid) => {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    } catch (error) {
      if (!isGone(error) || isListed(pid)) throw error;
      return undefined;
    }
    // The command name, in parentheses, may hold spaces and parentheses; the 22nd field counts from after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie. Where process 1 collects nobody (many containers), it stays one for ever.
    return /[ZX]/.test(fields[0] ?? '') ? undefined : fields[19];
  },
};

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** True also where /proc hides processes of other users. */
function isListed(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isGone(error);
  }
}

const DARWIN: SystemFacts = {
  bootId: () => execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim().replaceAll('-', ''),
  pidNamespace: () => '0',
  startTime: (pid) => {
    try {
      const [state = '', ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
        encoding: 'utf8',
        env: { LC_ALL: 'C' },
      })
        .trim()
        .split(/\s+/);
      return state.startsWith('Z') ? undefined : started.join(' ').replace(/[^0-9A-Za-z]+/g, '_') || undefined;
    } catch (error) {
      // ps ends with 1 when there is no such process.
      if ((error as { readonly status?: number }).status !== 1 || isListed(pid)) throw error;
      return undefined;
    }
  },
};
