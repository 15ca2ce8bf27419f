import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArtifactIndex, artifactIndex, HEADS_MAX } from '../../src/domain/artifact-index.ts';
import { parseDigest } from '../../src/domain/digest.ts';
import { stateOf } from '../../src/domain/join.ts';
import { viewOf } from '../../src/domain/view.ts';
import { digestOf, type History, history } from '../helpers/history.ts';

const it = suite('artifact-index');

const A3 = digestOf('blake3', 'a');
const B3 = digestOf('blake3', 'b');
const A5 = digestOf('md5', 'a');
const A256 = digestOf('sha256', 'a');
const A2 = digestOf('md5-dos2unix', 'a');

/** One execution that reads each list of digests at a path of its own. */
function reads(...lists: readonly (readonly string[])[]): History {
  const story = history();
  const run = story.writer('ann').start('p', 's');
  for (const [i, digests] of lists.entries()) run.input(`in/${i}`, digests);
  return story;
}

function keys(index: ArtifactIndex): string[] {
  return index.artifacts.map(({ key }) => key).sort();
}

it('takes a weak digest for an alias of the strong one that was seen with it', () => {
  const index = artifactIndex(reads([A3, A5], [A5]).view());
  assert.equal(keys(index), [A3]);
  const [artifact] = index.resolveDigest(parseDigest(A5));
  assert.equal(artifact?.digests, [parseDigest(A3), parseDigest(A5)]);
  assert.is(artifact?.uses.length, 2);
  assert.is(artifact?.isAmbiguous, false);
});

it('names an artifact by its weak digest where no strong one is known', () => {
  assert.equal(keys(artifactIndex(reads([A5]).view())), [A5]);
});

it('believes no alias that was not seen in one read', () => {
  const story = history();
  story.writer('ann').start('p', 's').input('x', [A3, A5], { seen: false }).input('y', [A5]);
  const index = artifactIndex(story.view());
  assert.equal(keys(index), [A3, A5].sort());
  assert.is(index.resolveDigest(parseDigest(A5))[0]?.uses.length, 2);
});

it('follows several strong digests of one weak digest, and says that they are ambiguous', () => {
  const index = artifactIndex(reads([A3, A5], [B3, A5], [A5]).view());
  assert.equal(keys(index), [A3, B3].sort());
  const found = index.resolveDigest(parseDigest(A5));
  assert.equal(found.map(({ key }) => key).sort(), [A3, B3].sort());
  assert.ok(found.every(({ isAmbiguous, uses }) => isAmbiguous && uses.length === 2));
});

it('a use that saw a strong digest speaks of that one only, whatever else its weak digest names', () => {
  const view = reads([A3, A5], [B3, A5]).view();
  const index = artifactIndex(view);
  const [first] = [...view.executions.values()].flatMap(({ uses }) => uses);
  assert.equal(
    first && index.artifactsOf(first).map(({ key }) => key),
    first?.operation.digests.filter(({ kind }) => kind === 'blake3').map(({ value }) => `blake3:${value}`),
  );
});

it('follows aliases from DVC 2 to MD5 to SHA-256 to BLAKE3', () => {
  const index = artifactIndex(reads([A2, A5], [A5, A256], [A256, A3]).view());
  assert.equal(keys(index), [A3]);
  assert.is(index.resolveDigest(parseDigest(A2))[0]?.key, A3);
});

it('makes no alias of etag and of kinds from a newer version', () => {
  const index = artifactIndex(reads([A3, 'etag:"1"', 'blake9:zz'], ['etag:"1"']).view());
  assert.equal(keys(index), [A3, 'blake9:zz', 'etag:"1"'].sort());
  assert.is(index.resolveDigest(parseDigest('etag:"1"'))[0]?.uses.length, 2);
  assert.is(index.resolveDigest(parseDigest(A3))[0]?.uses.length, 1);
});

it('believes nothing of a claim that names two contents of one kind', () => {
  const index = artifactIndex(reads([A3, B3, A5], [A5]).view());
  assert.equal(keys(index), [A3, A5, B3].sort());
});

it('lets a digest with too many heads stand for itself', () => {
  const lists = Array.from({ length: HEADS_MAX + 1 }, (_, i) => [digestOf('blake3', `lie ${i}`), A5]);
  const index = artifactIndex(reads(...lists, [A5]).view());
  const found = index.resolveDigest(parseDigest(A5));
  assert.equal(
    found.map(({ key, isAmbiguous, uses }) => [key, isAmbiguous, uses.length]),
    [[A5, true, 1]],
  );
});

it('knows nothing of a digest that nobody named', () => {
  assert.equal(artifactIndex(reads([A3]).view()).resolveDigest(parseDigest(B3)), []);
});

it('does not depend on the order of entries', () => {
  const digest = fc.tuple(fc.constantFrom('blake3', 'sha256', 'md5', 'md5-dos2unix'), fc.constantFrom('a', 'b', 'c'));
  const lists = fc.array(fc.uniqueArray(digest, { minLength: 1, maxLength: 3, selector: ([kind]) => kind }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(lists, fc.infiniteStream(fc.nat()), (uses, random) => {
      const story = reads(...uses.map((list) => list.map(([kind, content]) => digestOf(kind, content))));
      const shuffled = story.entries
        .map((entry) => ({ entry, place: random.next().value as number }))
        .sort((a, b) => a.place - b.place)
        .map(({ entry }) => entry);
      const { writers } = story.state();
      assert.equal(
        summary(artifactIndex(viewOf(stateOf(shuffled, writers.values())))),
        summary(artifactIndex(story.view())),
      );
    }),
    { numRuns: 60 },
  );
});

it('gives each use at least one artifact, and lists the use under it', () => {
  const digest = fc.tuple(fc.constantFrom('blake3', 'sha256', 'md5', 'md5', 'etag'), fc.constantFrom('a', 'b'));
  fc.assert(
    fc.property(fc.array(fc.array(digest, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (uses) => {
      const index = artifactIndex(
        reads(...uses.map((list) => list.map(([kind, text]) => digestOf(kind, text)))).view(),
      );
      for (const use of index.uses) {
        const artifacts = index.artifactsOf(use);
        assert.ok(artifacts.length > 0);
        assert.ok(artifacts.every((artifact) => artifact.uses.includes(use)));
      }
    }),
    { numRuns: 60 },
  );
});

function summary(index: ArtifactIndex): unknown {
  return index.artifacts.map((artifact) => ({
    ...artifact,
    uses: artifact.uses.map(({ id }) => id),
  }));
}

it.run();
