import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseBundleHeader } from '../../../src/adapters/git/bundle-header.ts';
import { errorOf } from '../../helpers/error-of.ts';

const it = suite('git: the header of a bundle');
const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
const parse = (text: string) => parseBundleHeader(Buffer.from(text, 'latin1'));

it('reads version 2, with what it builds upon and with its refs', () => {
  assert.equal(parse(`# v2 git bundle\n-${ONE} a comment\n-${TWO}\n${TWO} refs/heads/main\n\nPACK\n\n`), {
    objectFormat: 'sha1',
    needs: [ONE, TWO],
    refs: [{ oid: TWO, name: 'refs/heads/main' }],
  });
});

it('reads version 3, with the format of its ids', () => {
  const oid = 'a'.repeat(64);
  assert.equal(parse(`# v3 git bundle\n@object-format=sha256\n${oid} refs/x\n\n`), {
    objectFormat: 'sha256',
    needs: [],
    refs: [{ oid, name: 'refs/x' }],
  });
});

for (const [what, text] of [
  ['an empty file', ''],
  ['a file of another kind', 'PK\x03\x04\n\n'],
  ['a version that does not exist yet', `# v4 git bundle\n${ONE} refs/x\n\n`],
  ['a header without an end', `# v2 git bundle\n${ONE} refs/x\n`],
  ['a filter', `# v3 git bundle\n@filter=blob:none\n${ONE} refs/x\n\n`],
  ['a capability of the future', `# v3 git bundle\n@more\n${ONE} refs/x\n\n`],
  ['a capability in version 2', `# v2 git bundle\n@object-format=sha1\n${ONE} refs/x\n\n`],
  ['an id of the other format', `# v3 git bundle\n@object-format=sha256\n${ONE} refs/x\n\n`],
  ['an id that is too long', `# v2 git bundle\n${ONE}1 refs/x\n\n`],
  ['an id in capitals', `# v2 git bundle\n${'A'.repeat(40)} refs/x\n\n`],
  ['a line of bytes', `# v2 git bundle\n\xff\x00\n\n`],
] as const) {
  it(`refuses ${what}`, () => {
    assert.match(
      errorOf(() => parse(text)),
      /^damaged: /,
    );
  });
}

it.run();
