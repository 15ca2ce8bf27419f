import type { Machine } from '../ports/machine.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';

const GIT_MIN = '2.36';
const NODE_MIN = [20, 19] as const;
const PROGRAM = 'git-cmf';

/** The programs that git cmf is made of and stands on. */
export async function examineMachine(machine: Machine): Promise<Finding[]> {
  const { text, isSupported } = await machine.gitVersion();
  const program = machine.findProgram(PROGRAM);
  const manual = machine.findManual(PROGRAM);
  return [
    isSupported ? fine(`git ${text}`) : wrong(`git ${text} is too old`, `install git ${GIT_MIN} or newer`),
    isNodeSupported(machine.nodeVersion)
      ? fine(`node ${machine.nodeVersion}`)
      : wrong(`node ${machine.nodeVersion} is too old`, `install Node.js ${NODE_MIN.join('.')} or newer`),
    program === undefined
      ? wrong("git-cmf is not on PATH, so 'git cmf' does not find it", 'npm link, or add the folder bin/ to PATH')
      : fine(`git-cmf is on PATH: ${program}`),
    manual === undefined
      ? notice("'git cmf --help' finds no manual page; 'git cmf -h' works without one", `man ${machine.manualFile}`)
      : fine(`the manual is found: ${manual}`),
  ];
}

function isNodeSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}
