import type { CommandEntry } from './command.ts';

/** Every command, in the order in which help lists them. Loading one loads nothing of the others. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'make this clone record', load: () => import('./commands/init.ts') },
  { name: 'start', summary: 'start an execution and print its id', load: () => import('./commands/start.ts') },
  {
    name: 'log-artifact',
    summary: 'record that files or folders were read or written',
    load: () => import('./commands/log-artifact.ts'),
  },
  {
    name: 'artifact',
    summary: 'keep files and folders as DVC does, and bring them back',
    load: () => import('./commands/artifact.ts'),
  },
  { name: 'log-param', summary: 'record parameters', load: () => import('./commands/log-param.ts') },
  { name: 'log-metric', summary: 'record metrics', load: () => import('./commands/log-metric.ts') },
  { name: 'finish', summary: 'end an execution', load: () => import('./commands/finish.ts') },
  { name: 'resume', summary: 'go on with an execution', load: () => import('./commands/resume.ts') },
  { name: 'retract', summary: 'take back what was recorded by mistake', load: () => import('./commands/retract.ts') },
  {
    name: 'record',
    summary: 'record what a program says, one JSON line each',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'import',
    summary: 'record what the history of DVC tells of',
    load: () => import('./commands/import.ts'),
  },
  { name: 'status', summary: 'what runs, what is not pushed', load: () => import('./commands/status.ts') },
  { name: 'log', summary: 'the records, newest first', load: () => import('./commands/log.ts') },
  {
    name: 'list',
    summary: 'pipelines, stages, executions, artifacts or metrics',
    load: () => import('./commands/list.ts'),
  },
  { name: 'show', summary: 'one thing in full', load: () => import('./commands/show.ts') },
  {
    name: 'lineage',
    summary: 'where an artifact came from, and what came of it',
    load: () => import('./commands/lineage.ts'),
  },
  { name: 'push', summary: 'send what was recorded here to a remote', load: () => import('./commands/push.ts') },
  { name: 'pull', summary: 'learn what others recorded', load: () => import('./commands/pull.ts') },
  {
    name: 'bundle',
    summary: 'carry records to a site that no network reaches',
    load: () => import('./commands/bundle.ts'),
  },
  {
    name: 'storage',
    summary: 'where the bytes of artifacts are kept',
    load: () => import('./commands/storage.ts'),
  },
  {
    name: 'digest',
    summary: 'a hash of all that is known, to compare clones',
    load: () => import('./commands/digest.ts'),
  },
  { name: 'fsck', summary: 'check every stored byte', load: () => import('./commands/fsck.ts') },
  { name: 'doctor', summary: 'find what is wrong with the set-up', load: () => import('./commands/doctor.ts') },
  {
    name: 'server',
    summary: 'install or run the merge of a central repository',
    load: () => import('./commands/server.ts'),
  },
  {
    name: 'completion',
    summary: 'a script that lets a shell complete commands',
    load: () => import('./commands/completion.ts'),
  },
  { name: 'hook', summary: 'what git hooks call', hidden: true, load: () => import('./commands/hook.ts') },
];
