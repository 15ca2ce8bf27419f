import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import type { Effects, ProcessIdentity } from '../../ports/effects.ts';

/** Time, chance and processes of the machine this runs on. Linux is asked through /proc, macOS through ps and sysctl. */
export function nodeEffects(): Effects {
  const facts = platform() === 'linux' ? LINUX : DARWIN;
  let own: ProcessIdentity | undefined;
  const identity = () => {
    own ??= {
      bootId: facts.bootId(),
      pidNamespace: facts.pidNamespace(),
      pid: process.pid,
      startTime: facts.startTime(process.pid) ?? '0',
    };
    return own;
  };
  return {
    nowMs: () => Date.now(),
    randomBytes: (count) => randomBytes(count),
    process: identity,
    liveness: (other) => {
      const { bootId, pidNamespace } = identity();
      // Another boot or namespace: its process numbers mean nothing here, and the disk may be shared between machines.
      if (other.bootId !== bootId || other.pidNamespace !== pidNamespace) return 'unknown';
      return facts.startTime(other.pid) === other.startTime ? 'alive' : 'dead';
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    environment: () => ({ os: platform(), release: release(), arch: arch(), node: process.versions.node }),
  };
}

type SystemFacts = {
  bootId(): string;
  pidNamespace(): string;
  /** Undefined when there is no such process, or it has ended and nobody has collected its exit status yet. */
  startTime(pid: number): string | undefined;
};

const LINUX: SystemFacts = {
  bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', ''),
  pidNamespace: () => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''),
  startTime: (pid) => {
    try {
      // The command name, in parentheses, may hold spaces and parentheses; the 22nd field counts from after it.
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie. Where process 1 collects nobody (many containers), it stays one for ever.
      return /[ZX]/.test(fields[0] ?? '') ? undefined : fields[19];
    } catch {
      return undefined;
    }
  },
};

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
    } catch {
      return undefined;
    }
  },
};
