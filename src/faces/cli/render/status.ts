import type { Running } from '../../../app/running.ts';
import type { StatusReport } from '../../../app/status.ts';
import { visible } from '../../../domain/visible.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';

/** Who, where to, what runs, what waits, what is missing; each with the command that goes on. */
export function renderStatus(report: StatusReport): string {
  const lines = [
    ...whoLines(report),
    ...runningLines('running here', report.runningHere),
    ...runningLines('running in other work trees', report.runningElsewhere, true),
    ...othersLines(report),
    ...missingLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

function whoLines(report: StatusReport): string[] {
  const { writer, remote, executions, log } = report;
  if (writer === undefined) {
    const isBare = report.worktree === undefined;
    return [
      isBare
        ? 'a bare repository: it records nothing itself (git cmf doctor looks at its hooks)'
        : 'this clone does not record yet (git cmf init)',
      `known:  ${counted(executions, 'execution')}`,
    ];
  }
  const inLog = log.records === 0 ? '' : `; ${log.records} of them not in git yet`;
  return [
    `writer: ${writer}`,
    `remote: ${remote === undefined ? 'none (git remote add origin URL)' : visible(remote)}`,
    `known:  ${counted(executions, 'execution')}`,
    report.notPushed === 0
      ? 'pushed: everything recorded here'
      : `to push: ${counted(report.notPushed, 'record')}${inLog} (git cmf push)`,
    ...leftOutLines(report),
  ];
}

function leftOutLines({ leftOut }: StatusReport): string[] {
  if (leftOut === 0) return [];
  return [
    `not sent: ${counted(leftOut, 'record')}, purged at the remote by a key that is not pinned here (git cmf doctor)`,
  ];
}

function runningLines(title: string, running: readonly Running[], withPlace = false): string[] {
  if (running.length === 0) return [];
  const lines = running.map(({ execution, pipeline, stage, worktree }) => {
    const place = withPlace ? `  in ${visible(worktree)}` : '';
    return `  ${execution}  ${visible(`${pipeline}/${stage}`)}${place}`;
  });
  return [`${title}:`, ...lines];
}

function othersLines({ runningAtOthers }: StatusReport): string[] {
  const count = runningAtOthers.length;
  return count === 0 ? [] : [`running elsewhere, as far as is known here: ${count} (git cmf list executions)`];
}

function missingLines({ partial, needsNewer, unknownKinds }: StatusReport): string[] {
  const unknown = [...unknownKinds].map(([kind, count]) => `${visible(kind)} (${count})`).join(', ');
  return [
    ...partial.map((reason) => `partial: ${visible(reason)} (git cmf pull)`),
    ...needsNewer.map((subject) => `needs a newer git cmf: ${visible(subject)}`),
    ...(unknown === '' ? [] : [`kinds that this version does not know, kept as they are: ${unknown}`]),
  ];
}

/** The same as a document of schema `git-cmf/status/1`. */
export function renderStatusJson(report: StatusReport): string {
  const { writer, remote, worktree, unknownKinds, ...rest } = report;
  return jsonDocument('git-cmf/status/1', {
    writer: writer ?? null,
    remote: remote ?? null,
    worktree: worktree ?? null,
    ...rest,
    unknownKinds: Object.fromEntries(unknownKinds),
  });
}
