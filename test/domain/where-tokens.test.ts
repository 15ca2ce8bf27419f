import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../src/domain/errors.ts';
import { whereTokens } from '../../src/domain/where-tokens.ts';

const it = suite('where-tokens');

function words(text: string): unknown[] {
  return whereTokens(text).flatMap((token) => (token.kind === 'word' ? [[token.text, token.isQuoted]] : []));
}

it('needs no spaces around operators and parentheses', () => {
  const kinds = whereTokens('(a>=1)and b!=c').map((token) => ('operator' in token ? token.operator : token.kind));
  assert.equal(kinds, ['(', 'word', '>=', 'word', ')', 'word', 'word', '!=', 'word', 'end']);
});

it('takes == for =', () => {
  const [, operator] = whereTokens('a==b');
  assert.is(operator?.kind === 'operator' && operator.operator, '=');
});

it('keeps odd characters of bare words', () => {
  assert.equal(words('metric.val:auc/top-1,k'), [['metric.val:auc/top-1,k', false]]);
});

it('joins bare and quoted pieces, and takes what a backslash protects', () => {
  assert.equal(words(`param."a \\"b\\" (=)".c`), [['param.a "b" (=).c', true]]);
  assert.equal(words(`'it\\'s \\\\'`), [["it's \\", true]]);
  assert.equal(words(`""`), [['', true]]);
});

it('names the place of a quote that is not closed, counted in characters', () => {
  for (const [text, place] of [
    ['a = "b', 5],
    ['"😀" = "b', 7],
  ] as const) {
    try {
      whereTokens(text);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof CmfError && error.code === 'usage');
      assert.match(error.message, `character ${place}: the quote is not closed`);
    }
  }
});

it('refuses a lone exclamation mark', () => {
  assert.throws(() => whereTokens('! a = b'), /'!' stands only before '='/);
});

it.run();
