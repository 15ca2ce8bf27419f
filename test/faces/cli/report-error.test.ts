import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError, ERROR_CODES, type ErrorCode } from '../../../src/domain/errors.ts';
import { describeError } from '../../../src/faces/cli/report-error.ts';

/** What scripts rely on; the table in the source may not drift away from it. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  'not-found': 1,
  'check-failed': 1,
  usage: 2,
  ambiguous: 2,
  'no-repository': 3,
  'not-initialised': 3,
  'no-remote': 3,
  environment: 3,
  refused: 4,
  conflict: 4,
  damaged: 5,
  'newer-format': 5,
  'no-data': 6,
  internal: 125,
};
const CODES = Object.keys(STATUS) as ErrorCode[];
const it = suite('cli: what is said of an error');

it('ends with the status of the kind of error', () => {
  assert.equal(Object.keys(ERROR_CODES).sort(), [...CODES].sort());
  for (const code of CODES) assert.is(describeError(new CmfError(code, { message: 'x' })).exitCode, STATUS[code], code);
});

it('always says what to type next', () => {
  for (const code of CODES) {
    const { text } = describeError(new CmfError(code, { message: 'what happened' }));
    assert.match(text, /^error: what happened\nhint: \S.*\n$/, code);
  }
});

it('prefers the hint of the error itself, and for a wrong command line the help of its command', () => {
  const own = new CmfError('usage', { message: 'm', hint: 'git cmf list' });
  assert.is(describeError(own, 'start').text, 'error: m\nhint: git cmf list\n');
  const bare = new CmfError('usage', { message: 'm' });
  assert.is(describeError(bare, 'start').text, 'error: m\nhint: git cmf start -h\n');
  assert.is(describeError(bare).text, 'error: m\nhint: git cmf -h\n');
  assert.is(describeError(new CmfError('conflict', { message: 'm' }), 'start').text.includes('start'), false);
});

it('hides no control character and keeps lines', () => {
  const error = new CmfError('refused', { message: 'one\n  two \x1b[31mred\r', hint: 'a\x07b\nc' });
  const { text } = describeError(error);
  assert.equal(text.split('\n').length, 5);
  assert.not.match(text, /[\x00-\x09\x0b-\x1f\x7f]/);
  assert.match(text, 'red');
});

it('takes any other error for a bug of ours, with its trace', () => {
  for (const error of [new TypeError('x is not a function'), 'a text', undefined, null, { odd: 1 }]) {
    const { text, exitCode } = describeError(error, 'start');
    assert.is(exitCode, 125);
    assert.match(text, /^error: git cmf has a bug: /);
    assert.match(text, /\nhint: please report this/);
  }
  assert.match(describeError(new TypeError('x is not a function')).text, /x is not a function\n {4}at /);
});

it.run();
