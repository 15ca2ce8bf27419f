/**
 * Which executions a filter means.
 *
 * Values keep their type: a number is never equal to the text of it, and only numbers with numbers and texts with texts
 * have an order. A field that is not there satisfies no comparison, not even `!=`; `not (…)` finds where it is missing. A
 * metric stands for its last value (see execution-facts.ts), a field in conflict for the value that is shown. Where a
 * field has several values (tag, input, output) one that fits is enough; `!=` wants that none is equal.
 */
import { encodeCanonical, isJsonObject } from './canonical-json.ts';
import { formatDigest } from './digest.ts';
import { codeOf, endedMs, lastValue, startedMs } from './execution-facts.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { Direction } from './operation.ts';
import { compareUtf8 } from './utf8-order.ts';
import { displayValue, numericValue, type StoredValue } from './value.ts';
import type { View } from './view.ts';
import type { Filter, FilterField } from './where.ts';
import type { Operator } from './where-tokens.ts';

/** The executions that a filter means, oldest first; without one all. */
export function selectExecutions(view: View, filter: Filter | undefined): readonly ExecutionView[] {
  const all = [...view.executions.values()];
  return filter === undefined ? all : all.filter((execution) => matches(filter, execution));
}

/** True if the filter holds for an execution. */
export function matches(filter: Filter, execution: ExecutionView): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matches(one, execution));
    case 'or':
      return filter.filters.some((one) => matches(one, execution));
    case 'not':
      return !matches(filter.filter, execution);
    case 'compare': {
      const { operator, value: asked } = filter;
      const values = valuesOf(execution, filter.field);
      if (operator !== '!=') return values.some((value) => holds(value, operator, asked));
      return values.length > 0 && !values.some((value) => isEqual(value, asked));
    }
  }
}

function valuesOf(execution: ExecutionView, field: FilterField): readonly StoredValue[] {
  switch (field.kind) {
    case 'metric':
      return present(lastValue(execution, field.name));
    case 'param':
    case 'prop':
      return shown(execution, `${field.kind}.${field.name}`);
    case 'title':
    case 'label':
    case 'name':
    case 'type':
      return shown(execution, field.kind);
    case 'id':
    case 'status':
      return [execution[field.kind]];
    case 'pipeline':
    case 'stage':
    case 'namespace':
      return present(execution.identity[0]?.value[field.kind].normalize('NFC'));
    case 'tag':
      return execution.tags;
    case 'commit':
      return present(codeOf(execution.latest).commit).flatMap((commit) => [commit, commit.replace(/^.*:/, '')]);
    case 'branch':
      return present(codeOf(execution.latest).branch);
    case 'dirty':
      return present(codeOf(execution.latest).isDirty);
    case 'started':
      return [startedMs(execution)];
    case 'ended':
      return present(endedMs(execution));
    case 'input':
    case 'output':
      return usesOf(execution, field.kind);
  }
}

function present<Value>(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : [value];
}

function shown(execution: ExecutionView, field: string): readonly StoredValue[] {
  return present(execution.fields.get(field)?.[0]?.value);
}

function usesOf(execution: ExecutionView, direction: Direction): readonly StoredValue[] {
  const uses = execution.uses.filter(({ operation }) => operation.direction === direction);
  return uses.flatMap(({ operation: { path, digests } }: UseView) => [path, ...digests.map(formatDigest)]);
}

function holds(value: StoredValue, operator: Exclude<Operator, '!='>, asked: StoredValue): boolean {
  if (operator === '=') return isEqual(value, asked);
  if (operator === '~') return displayValue(value).includes(displayValue(asked));
  const order = compareValues(value, asked);
  if (order === undefined) return false;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** NaN is found by `= nan`, though it is in no order with anything. */
function isEqual(a: StoredValue, b: StoredValue): boolean {
  const left = numericValue(a);
  const right = numericValue(b);
  if (left === undefined || right === undefined) return encodeCanonical(a) === encodeCanonical(b);
  return Number.isNaN(left) ? Number.isNaN(right) : compareValues(a, b) === 0;
}

/** The order of two numbers or two texts; undefined for anything else. Whole numbers are compared digit by digit. */
function compareValues(a: StoredValue, b: StoredValue): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  const left = integerOf(a) ?? numericValue(a);
  const right = integerOf(b) ?? numericValue(b);
  if (left === undefined || right === undefined) return undefined;
  return left < right ? -1 : left > right ? 1 : left <= right ? 0 : undefined;
}

/** A whole number that is too big for a double to hold exactly. */
function integerOf(value: StoredValue): bigint | undefined {
  const text = isJsonObject(value) ? value['$num'] : undefined;
  return typeof text === 'string' && /^-?[0-9]+$/.test(text) ? BigInt(text) : undefined;
}
