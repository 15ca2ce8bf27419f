import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Hlc, hlcAt } from '../../src/domain/clock.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import { mergedPath, monthOf, parseJournalPath, parseMergedPath, segmentPath } from '../../src/domain/layout.ts';
import { sealSegment } from '../../src/domain/segment.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, title } from '../helpers/laws/stories.ts';

const it = suite('layout');

const SHA = sha256Hex('x');
const FAN = SHA.slice(0, 2);
const BUCKET = pipelineId('', 'p');
const HLC = '01977420dc000000' as Hlc;
const SEGMENT = `seg/${BUCKET}/2025-06/${FAN}/${HLC}-${SHA}.jsonl`;

it('reads the path that it gives a segment', () => {
  const history = new RandomHistory();
  history.say(CAST.ann, title('x'), noon(0));
  const segment = sealSegment(history.entries, { number: 0, previous: null }, CAST.ann.secret);
  const path = segmentPath(segment);
  assert.equal(parseJournalPath(path), { kind: 'segment', bucket: '_', hlc: noon(0), sha256: segment.sha256 });
  assert.is(path, `seg/_/2025-06/${segment.sha256.slice(0, 2)}/${noon(0)}-${segment.sha256}.jsonl`);
});

it('reads every path of format 1', () => {
  assert.equal(parseJournalPath('cmf-format-1'), { kind: 'gate' });
  assert.equal(parseJournalPath('writer.json'), { kind: 'writer' });
  assert.equal(parseJournalPath(SEGMENT), { kind: 'segment', bucket: BUCKET, hlc: HLC, sha256: SHA });
});

it('knows no other path, however near', () => {
  const other = FAN === '00' ? '01' : '00';
  const paths = [
    '',
    '.',
    '..',
    'cmf-format-2',
    'cmf-format-1/x',
    'writer.JSON',
    'ext/x',
    'seg',
    SEGMENT.replace('seg/', 'seg//'),
    SEGMENT.replace('seg/', 'SEG/'),
    SEGMENT.replace('seg/', './seg/'),
    SEGMENT.replace(BUCKET, '..'),
    SEGMENT.replace(BUCKET, '__'),
    SEGMENT.replace(BUCKET, BUCKET.toUpperCase()),
    SEGMENT.replace('2025-06', '2025-07'),
    SEGMENT.replace('2025-06', '..'),
    SEGMENT.replace(`/${FAN}/`, `/${other}/`),
    SEGMENT.replace(`/${FAN}/`, `/${FAN.toUpperCase()}x/`),
    SEGMENT.replace(HLC, HLC.toUpperCase()),
    SEGMENT.replace(SHA, SHA.toUpperCase()),
    SEGMENT.replace('.jsonl', '.json'),
    `${SEGMENT}\n`,
    `${SEGMENT}/x`,
    `/${SEGMENT}`,
    `x/${SEGMENT}`,
    `blob/_/${FAN}/${SHA}`,
  ];
  for (const path of paths) assert.is(parseJournalPath(path), undefined, JSON.stringify(path));
});

it('finds the month of any time, as the calendar does', () => {
  const check = fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
    assert.is(monthOf(hlcAt(ms)), new Date(ms).toISOString().slice(0, 7));
  });
  fc.assert(check, { numRuns: 2000 });
  assert.is(monthOf(hlcAt(951_782_399_999)), '2000-02');
  assert.is(monthOf(hlcAt(951_782_400_000)), '2000-02');
  assert.is(monthOf(hlcAt(951_868_800_000)), '2000-03');
  assert.is(monthOf(hlcAt(2 ** 48 - 1)), '10889-08');
});

it('places a writer in a merged tree, and finds it nowhere else', () => {
  const { id } = CAST.ann;
  assert.is(mergedPath(id), `${id.slice(0, 2)}/${id}`);
  assert.is(parseMergedPath(id.slice(0, 2), id), id);
  for (const [fanout, name] of [
    ['zz', id],
    ['', id],
    [id.slice(0, 3), id],
    [id.slice(0, 2), `${id}x`],
    ['..', '..'],
  ]) {
    assert.is(parseMergedPath(fanout ?? '', name ?? ''), undefined);
  }
});

it.run();
