import type { Finding } from '../../../app/finding.ts';
import type { Storage } from '../../../domain/storage.ts';
import { visible } from '../../../domain/visible.ts';
import { jsonDocument } from './json-document.ts';

const WORDS = { ok: 'ok    ', notice: 'note  ', wrong: 'WRONG ' } as const;

/** One line a finding, and below it what to type. */
export function renderCheck(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ level, message, help }) => {
      const line = `${WORDS[level]} ${visible(message)}\n`;
      return help === undefined ? [line] : [line, `        try: ${visible(help)}\n`];
    })
    .join('');
}

/** The same as a document of schema `git-cmf/storage-check/1`. */
export function renderCheckJson({ name }: Storage, findings: readonly Finding[]): string {
  const items = findings.map(({ level, message, help }) => ({ level, message, help: help ?? null }));
  return jsonDocument('git-cmf/storage-check/1', { storage: name, items });
}
