import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateOf } from '../../src/domain/join.ts';
import { NOTE_MARKER, namedCommits, noteTexts } from '../../src/domain/note-text.ts';
import { viewOf } from '../../src/domain/view.ts';
import { digestOf, history } from '../helpers/history.ts';
import { histories } from '../helpers/laws/random-history.ts';

const it = suite('note-text');

const COMMIT = `sha1:${'ab'.repeat(20)}`;
const OTHER = `sha1:${'cd'.repeat(20)}`;
const ID = '01900000-aaaa-7000-8000-000000000001';

it('says what ran on a commit', () => {
  const story = history();
  const ann = story.writer('ann');
  ann
    .start('demo', 'train', { commit: COMMIT, id: ID })
    .param('lr', 0.1)
    .param('seed', 9223372036854775807n)
    .metric('auc', 0.5, 1)
    .metric('auc', 0.91, 2)
    .input('data/x.csv', [digestOf('md5', 'x')])
    .output('model.pkl', [digestOf('blake3', 'm'), digestOf('md5', 'm')])
    .finish();
  ann.start('demo', 'test');
  assert.equal(
    [...noteTexts(story.view())],
    [
      [
        COMMIT,
        [
          NOTE_MARKER,
          '',
          'demo/train 01900000-aaaa-7000 succeeded',
          '  param  lr=0.1 seed=9223372036854775807',
          '  metric auc=0.91',
          `  input  data/x.csv ${digestOf('md5', 'x').slice(0, 'md5:'.length + 12)}`,
          `  output model.pkl ${digestOf('blake3', 'm').slice(0, 'blake3:'.length + 12)}`,
          '',
        ].join('\n'),
      ],
    ],
  );
});

it('names an execution under each commit that an attempt of it ran on', () => {
  const story = history();
  story
    .writer('ann')
    .start('p', 's', { commit: COMMIT })
    .attempt({ code: { commit: OTHER } });
  assert.equal([...noteTexts(story.view()).keys()].sort(), [COMMIT, OTHER]);
});

it('names an execution also under what replaced its commit, and keeps what was recorded', () => {
  const story = history();
  const ann = story.writer('ann');
  const id = ann.start('p', 's', { commit: COMMIT }).id;
  const squashed = `sha1:${'ef'.repeat(20)}`;
  const rewrite = (commits: Record<string, string>) =>
    story.writer('bob').say({ bucket: '_', operation: { kind: 'code.rewritten', commits } });
  const before = [...noteTexts(story.view())];
  rewrite({ [OTHER]: squashed });
  assert.equal([...noteTexts(story.view())], before);
  rewrite({ [COMMIT]: OTHER });
  assert.equal([...noteTexts(story.view()).keys()], [COMMIT, OTHER, squashed]);
  rewrite({ [squashed]: COMMIT });
  assert.equal([...noteTexts(story.view()).keys()], [COMMIT, OTHER, squashed]);
  assert.is(new Set(noteTexts(story.view()).values()).size, 1);
  assert.equal(story.view().executions.get(id)?.attempts[0]?.facts, { code: { commit: COMMIT } });
});

it('makes notes for no commit that is not among the named ones', () => {
  const seen = { notes: 0, rewritten: 0 };
  fc.assert(
    fc.property(histories(), ({ state }) => {
      const named = namedCommits(state.entries.values());
      const noted = [...noteTexts(viewOf(state)).keys()];
      assert.equal(
        noted.filter((commit) => !named.has(commit)),
        [],
      );
      seen.notes += Math.min(noted.length, 1);
      seen.rewritten += noted.length > 1 ? 1 : 0;
    }),
    { numRuns: 500 },
  );
  assert.ok(seen.notes > 0 && seen.rewritten > 0, JSON.stringify(seen));
});

it('names the commits that attempts ran on and those that replaced others', () => {
  const story = history();
  story.writer('ann').start('p', 's', { commit: COMMIT });
  story.writer('ann').start('p', 's', { facts: JSON.parse('{"code": {"commit": ["sha1:"]}}') });
  story.writer('bob').say({ bucket: '_', operation: { kind: 'code.rewritten', commits: { [COMMIT]: OTHER } } });
  assert.equal([...namedCommits(story.state().entries.values())].sort(), [COMMIT, OTHER]);
});

it('ignores a commit that is none', () => {
  const story = history();
  story.writer('ann').start('p', 's', { commit: '../../x' });
  story.writer('ann').start('p', 's', { facts: JSON.parse('{"code": {"commit": ["sha1:"]}}') });
  story.writer('ann').start('p', 's', { facts: JSON.parse('{"code": null}') });
  assert.is(noteTexts(story.view()).size, 0);
});

it('sorts by pipeline and stage, then by start', () => {
  const story = history();
  const ann = story.writer('ann');
  const [b, a2, a1] = ['b', 'a', 'a'].map((stage) => ann.start('p', stage, { commit: COMMIT }).id.slice(0, 18));
  const ids = [...(noteTexts(story.view()).get(COMMIT) ?? '').matchAll(/^p\/. (\S+)/gm)].map(([, id]) => id);
  assert.equal(ids, [a2, a1, b]);
});

it('bounds executions, lists and lines, and says what it left out', () => {
  const story = history();
  const ann = story.writer('ann');
  const run = ann.start('p'.repeat(500), 's', { commit: COMMIT }).param('long', 'x'.repeat(500));
  for (let i = 0; i < 25; i++) run.param(`p${i}`, i).input(`in/${i}`.padEnd(400, 'x'), [digestOf('md5', `${i}`)]);
  for (let i = 0; i < 201; i++) ann.start('z', 's', { commit: COMMIT });
  const text = noteTexts(story.view()).get(COMMIT) ?? '';
  assert.match(text, /\n\n… and 2 more\n$/);
  assert.match(text, /\n {2}input {2}… and 5 more\n/);
  assert.ok(text.split('\n').every((line) => Array.from(line).length <= 200));
});

it('escapes what would move the cursor or break the line', () => {
  const story = history();
  story
    .writer('ann')
    .start('p\nq', 's\u202e', { commit: COMMIT })
    .param('a\x1b[2J', '\r\n')
    .output('x\ny', ['etag:\n\n1']);
  const text = noteTexts(story.view()).get(COMMIT) ?? '';
  assert.match(text, 'p\\nq/s\\u202e');
  assert.match(text, 'a\\x1b[2J=\\r\\n');
  assert.match(text, 'output x\\ny etag:\\n\\n1');
  assert.is(/[\x00-\x09\x0b-\x1f\u202e]/.test(text), false);
});

it('does not depend on the order of entries', () => {
  const story = history();
  for (let i = 0; i < 4; i++)
    story
      .writer(`w${i % 2}`)
      .start('p', `s${i % 3}`, { commit: COMMIT })
      .param('i', i);
  const expected = [...noteTexts(story.view())];
  fc.assert(
    fc.property(fc.shuffledSubarray(story.entries, { minLength: story.entries.length }), (entries) => {
      const view = viewOf(stateOf(entries, story.state().writers.values()));
      assert.equal([...noteTexts(view)], expected);
    }),
    { numRuns: 20 },
  );
});

it.run();
