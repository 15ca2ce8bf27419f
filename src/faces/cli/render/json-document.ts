/**
 * JSON documents, one line each, all of one shape: `{"schema": <name>, …}`. docs/json.md describes every schema; a number
 * behind the name grows when a member changes its meaning or goes. Members may be added.
 */
import type { JsonObject } from '../../../domain/canonical-json.ts';
import { visibleJson } from '../../../domain/visible.ts';

/** The documents there are. */
export type SchemaName =
  | 'git-cmf/pipelines/1'
  | 'git-cmf/stages/1'
  | 'git-cmf/executions/1'
  | 'git-cmf/artifacts/1'
  | 'git-cmf/metrics/1'
  | 'git-cmf/pipeline/1'
  | 'git-cmf/stage/1'
  | 'git-cmf/execution/1'
  | 'git-cmf/artifact/1'
  | 'git-cmf/artifact-add/1'
  | 'git-cmf/artifact-status/1'
  | 'git-cmf/artifact-list/1'
  | 'git-cmf/artifact-checkout/1'
  | 'git-cmf/artifact-verify/1'
  | 'git-cmf/artifact-push/1'
  | 'git-cmf/artifact-pull/1'
  | 'git-cmf/artifact-gc/1'
  | 'git-cmf/use/1'
  | 'git-cmf/lineage/1'
  | 'git-cmf/log/1'
  | 'git-cmf/purged/1'
  | 'git-cmf/import/1'
  | 'git-cmf/storages/1'
  | 'git-cmf/storage-check/1'
  | 'git-cmf/status/1'
  | 'git-cmf/fsck/1'
  | 'git-cmf/doctor/1';

/** The text of a document. Characters that a terminal would act on are written as JSON escapes. */
export function jsonDocument(schema: SchemaName, members: JsonObject): string {
  return `${visibleJson(JSON.stringify({ schema, ...members }))}\n`;
}

/** A time as ISO 8601 in UTC; null for none, and for one beyond the calendar. */
export function isoTime(ms: number | undefined): string | null {
  if (ms === undefined || Math.abs(ms) > TIME_MAX_MS) return null;
  return new Date(ms).toISOString();
}

/** The last moment that ECMAScript's Date can hold (ECMA-262 §21.4.1.1). */
const TIME_MAX_MS = 8.64e15;
