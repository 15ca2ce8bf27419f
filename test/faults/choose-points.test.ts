import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { choosePoints, type Point, runsOf } from './choose-points.ts';

const it = suite('which fail points are killed');
const LOGS = 1000;
const SEED = 7;

const point = (what: string, site = 'x'): Point => ({ what, site });
const removals = Array.from({ length: LOGS }, () => point('unlink *sealed'));
const points = [point('open *jsonl'), ...removals, point('start git update-ref'), point('rm lock')];

it('every place of the program has its kill, and of a run of equal points the four that differ', () => {
  const kills = choosePoints(points, SEED, 0);
  assert.equal(
    kills.map(({ at, when }) => `${when} ${at}`),
    ['before 1', 'before 2', 'before 3', `before ${LOGS / 2 + 2}`, `before ${LOGS + 1}`]
      .concat([`before ${LOGS + 2}`, `after ${LOGS + 2}`])
      .concat([`before ${LOGS + 3}`, `after ${LOGS + 3}`]),
  );
  assert.is(runsOf(points).size, 4);
});

it('the same step at another place of the program is another run', () => {
  const two = [...removals, ...removals.map(({ what }) => point(what, 'y'))];
  assert.is(choosePoints(two, SEED, 0).filter(({ when }) => when === 'before').length, 8);
});

it('what is drawn besides follows from the seed', () => {
  const drawnBy = (seed: number) => choosePoints(points, seed, 5).map(({ at }) => at);
  assert.is(drawnBy(SEED).length, choosePoints(points, SEED, 0).length + 5);
  assert.equal(drawnBy(SEED), drawnBy(SEED));
  assert.not.equal(drawnBy(SEED), drawnBy(SEED + 1));
});

it('a kill after a point that only read or synced leaves what another left', () => {
  const some = [point('start git rev-parse'), point('fdatasync'), point('rename key'), point('rm lock')];
  const kills = choosePoints(some, SEED, 0).filter(({ when }) => when === 'before');
  assert.equal(
    kills.map(({ isFresh }) => isFresh),
    [true, false, false, true],
  );
});

it.run();
