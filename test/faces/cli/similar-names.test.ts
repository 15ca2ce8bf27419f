import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { similarNames } from '../../../src/faces/cli/similar-names.ts';

const NAMES = ['init', 'log', 'log-param', 'log-metric', 'list', 'status', 'resume', 'retract', 'record'];
const it = suite('cli: what somebody may have meant');

for (const [typed, meant] of [
  ['sttaus', ['status']],
  ['lgo', ['log']],
  ['stat', ['status']],
  ['metric', ['log-metric']],
  ['re', ['resume', 'retract', 'record']],
  ['lst', ['list']],
  ['xyzzy', []],
  ['q', []],
] as const) {
  it(`${typed} → ${meant.join(', ') || 'nothing'}`, () => assert.equal(similarNames(NAMES, typed), [...meant]));
}

it.run();
