import { fieldsWith } from '../../../domain/execution-facts.ts';
import type { ExecutionView, UseView } from '../../../domain/execution-view.ts';
import { displayValue } from '../../../domain/value.ts';
import { fieldText, pairsText, pathText, shortDigest } from './field-text.ts';
import { stageText } from './list-executions.ts';
import { type Column, type Place, renderTable } from './table.ts';

const USE_COLUMNS: readonly Column[] = [
  { title: 'PATH', mayShrink: true },
  { title: 'DIGEST', mayShrink: true },
  { title: 'TYPE', mayShrink: true },
  { title: 'BYTES', align: 'right' },
  { title: 'PROPERTIES', mayShrink: true },
];

/** What an execution read or wrote, a line each. */
export function useTable(uses: readonly UseView[], place: Place): string {
  return renderTable(USE_COLUMNS, uses.map(useCells), place);
}

function useCells({ operation, fields }: UseView): readonly string[] {
  return [
    pathText(operation.path),
    operation.digests.map(shortDigest).join(' '),
    fieldText(fields.get('type') ?? [], displayValue),
    String(operation.sizeBytes ?? ''),
    pairsText(fieldsWith(fields, 'prop')),
  ];
}

/** By whom an artifact was read or written, a line each. */
export function userTable(
  uses: readonly UseView[],
  executionOf: (use: UseView) => { readonly execution: ExecutionView; readonly shortId: string } | undefined,
  place: Place,
): string {
  const columns: readonly Column[] = [{ title: 'EXECUTION' }, { title: 'STAGE', mayShrink: true }, ...USE_COLUMNS];
  const rows = uses.map((use) => {
    const user = executionOf(use);
    const who = user === undefined ? [use.execution, '?'] : [user.shortId, stageText(user.execution)];
    return [...who, ...useCells(use)];
  });
  return renderTable(columns, rows, place);
}
