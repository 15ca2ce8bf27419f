import type { Examined } from '../../../app/doctor.ts';
import { visible } from '../../../domain/visible.ts';
import { jsonDocument } from './json-document.ts';

const WORDS = { ok: 'ok    ', notice: 'note  ', wrong: 'WRONG ' } as const;

/** One line a finding, and below it what was done or what to type. */
export function renderDoctor(findings: readonly Examined[]): string {
  const lines = findings.flatMap(({ level, message, help, fixed, notFixed }) => {
    const line = `${WORDS[level]} ${visible(message)}`;
    if (fixed !== undefined) return [line, `        fixed: ${visible(fixed)}`];
    return [
      line,
      ...(notFixed === undefined ? [] : [`        not fixed: ${visible(notFixed)}`]),
      ...(help === undefined ? [] : [`        try: ${visible(help)}`]),
    ];
  });
  const left = findings.filter(({ level, fixed }) => level === 'wrong' && fixed === undefined).length;
  lines.push(left === 0 ? 'nothing is wrong' : left === 1 ? '1 thing is wrong' : `${left} things are wrong`);
  return `${lines.join('\n')}\n`;
}

/** The same as a document of schema `git-cmf/doctor/1`. */
export function renderDoctorJson(findings: readonly Examined[]): string {
  const items = findings.map(({ help, fixed, notFixed, ...finding }) => ({
    ...finding,
    help: help ?? null,
    fixed: fixed ?? null,
    notFixed: notFixed ?? null,
  }));
  return jsonDocument('git-cmf/doctor/1', { items });
}
