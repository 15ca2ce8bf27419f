import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../src/domain/errors.ts';
import { displayValue, type StoredValue, valueFromArgument } from '../../src/domain/value.ts';
import { FIELDS, type Filter, type FilterField, parseWhere } from '../../src/domain/where.ts';
import type { Operator } from '../../src/domain/where-tokens.ts';

const it = suite('where');

it('reads values by type', () => {
  const value = (text: string) => {
    const filter = parseWhere(`param.x = ${text}`);
    return filter.kind === 'compare' ? filter.value : undefined;
  };
  assert.is(value('0.01'), 0.01);
  assert.equal(value('1.0'), { $num: '1.0' });
  assert.equal(value('nan'), { $num: 'NaN' });
  assert.is(value('true'), true);
  assert.is(value('null'), null);
  assert.is(value('adam'), 'adam');
  assert.is(value("'0.01'"), '0.01');
  assert.equal(value('[1,2]'), [1, 2]);
});

it('reads text fields as text, whatever they look like', () => {
  assert.equal(parseWhere('pipeline = 3'), { kind: 'compare', field: { kind: 'pipeline' }, operator: '=', value: '3' });
});

it('reads times as UTC unless they name a zone', () => {
  const time = (text: string) => {
    const filter = parseWhere(`started >= ${text}`);
    return filter.kind === 'compare' ? filter.value : undefined;
  };
  assert.is(time('2026-01-01'), Date.UTC(2026, 0, 1));
  assert.is(time('2026-01-01T08:30'), Date.UTC(2026, 0, 1, 8, 30));
  assert.is(time("'2026-01-01 08:30:15.5'"), Date.UTC(2026, 0, 1, 8, 30, 15, 500));
  assert.is(time('2026-01-01T08:30+02:00'), Date.UTC(2026, 0, 1, 6, 30));
});

it('binds not before and, and before or', () => {
  const filter = parseWhere('not status = failed and stage = a or stage = b');
  assert.is(filter.kind, 'or');
  assert.is(filter.kind === 'or' && filter.filters[0]?.kind, 'and');
  assert.is(filter.kind === 'or' && filter.filters[0]?.kind === 'and' && filter.filters[0].filters[0]?.kind, 'not');
});

const REFUSED: readonly (readonly [text: string, rule: RegExp])[] = [
  ['', /character 1: here must be a field/],
  ['metric.auc', /character 11: here must be one of = != < <= > >= ~/],
  ['metric.auc >', /character 13: here must be a value/],
  ['metric.auc > and x', /character 14: here must be a value/],
  ['metric.auc > 1 x', /character 16: here must be 'and', 'or' or the end/],
  ['(metric.auc > 1', /character 16: here must be 'and', 'or' or '\)'/],
  ['metric.auc > 1)', /character 15: here must be 'and', 'or' or the end/],
  ['auc > 1', /character 1: there is no field 'auc'; it is metric\.NAME, param\.NAME/],
  ['metric. > 1', /no field 'metric\.'/],
  ['__proto__ = 1', /no field '__proto__'/],
  ['status = success', /character 10: a status is one of created, running/],
  ['dirty = yes', /dirty is true or false/],
  ['started > soon', /must be a time/],
  ['started > 2026-13-40', /must be a time/],
  [`${'('.repeat(5000)}a = 1`, /deeper than 100 levels/],
  [`${'not '.repeat(5000)}a = 1`, /deeper than 100 levels/],
];

for (const [text, rule] of REFUSED) {
  it(`refuses ${text.slice(0, 40)}`, () => {
    assert.throws(
      () => parseWhere(text),
      (error: unknown) => error instanceof CmfError && error.code === 'usage' && rule.test(error.message),
    );
  });
}

it('takes a long chain without recursion', () => {
  const filter = parseWhere(Array.from({ length: 20_000 }, (_, i) => `param.x = ${i}`).join(' or '));
  assert.is(filter.kind === 'or' && filter.filters.length, 20_000);
});

/** Writes a filter the way the language has it, with all names and texts quoted. */
function print(filter: Filter): string {
  switch (filter.kind) {
    case 'not':
      return `not ${print(filter.filter)}`;
    case 'and':
    case 'or':
      return `(${filter.filters.map(print).join(` ${filter.kind} `)})`;
    case 'compare': {
      const { field, operator, value } = filter;
      const name = 'name' in field ? `${field.kind}.${quote(field.name)}` : field.kind;
      const isText = typeof value === 'string';
      return `${name} ${operator} ${isText ? quote(value) : displayValue(value)}`;
    }
  }
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((one) => !one.includes('\ufffd'));
const name = text.map((one) => one.normalize('NFC'));
const number = fc.double().map((one) => valueFromArgument(String(one)));
const scalar: fc.Arbitrary<StoredValue> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const order = fc.constantFrom<Operator>('=', '!=', '<', '<=', '>', '>=');
const compare = fc.oneof(
  fc.record(
    {
      kind: fc.constant('compare' as const),
      field: fc.record(
        { kind: fc.constantFrom('metric' as const, 'param' as const, 'prop' as const), name },
        { noNullPrototype: true },
      ),
      operator: order,
      value: scalar,
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('compare' as const),
      field: fc
        .constantFrom(...(Object.keys(FIELDS) as (keyof typeof FIELDS)[]))
        .filter((kind) => FIELDS[kind] === 'text' && kind !== 'status')
        .map((kind): FilterField => ({ kind })),
      operator: fc.oneof(order, fc.constant<Operator>('~')),
      value: name,
    },
    { noNullPrototype: true },
  ),
);

const { filter: filters } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    compare,
    tie('filter').map((filter): Filter => ({ kind: 'not', filter })),
    fc.record(
      {
        kind: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
      },
      { noNullPrototype: true },
    ),
  ),
}));

it('reads back what was written', () => {
  fc.assert(
    fc.property(filters, (filter) => {
      assert.equal(parseWhere(print(filter)), filter);
    }),
    { numRuns: 200 },
  );
});

it('throws nothing but usage errors', () => {
  const piece = fc.constantFrom('(', ')', 'and', 'not', 'metric.a', '=', '~', '!', '"', "'", '1', ' ', '\\', 'status');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        parseWhere(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof CmfError && error.code === 'usage', String(error));
      }
    }),
    { numRuns: 200 },
  );
});

it.run();
