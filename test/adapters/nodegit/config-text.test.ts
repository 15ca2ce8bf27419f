import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfig } from '../../../src/adapters/nodegit/config-text.ts';
import { rejectsWith } from '../../conformance/git-subject.ts';
import { git, makeTempDirectory } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: the text of a configuration');

const HARD = `; comment
[Core]\tBare = false # a comment
[remote "My \\"own\\" \\\\ Remote"] url = "a b ; c" tail
\tfetch = +refs/*:refs/* ; comment
  PushUrl="  spaces  "  
[a.B]
valueless
empty =
long = one \\
  two\\tthree "quoted \\" # no comment"
[x "y"]z = last`;

it('reads what git reads', async () => {
  await sameAsGit(HARD);
  await sameAsGit(`\ufeff${HARD.replaceAll('\n', '\r\n')}\r\n`);
});

it('reads any value that git wrote', async () => {
  const folder = makeTempDirectory();
  const file = join(folder, 'config');
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '"', '\\', '#', ';', '\n', '=', '[', 'é') });
  await fc.assert(
    fc.asyncProperty(value, value, async (name, text) => {
      fc.pre(!name.includes('\n'));
      writeFileSync(file, '');
      await git(['config', '--file', file, `s.${name}.key`, text], { cwd: folder });
      const { stdoutBytes } = await git(['config', '--file', file, '-z', '--list'], { cwd: folder });
      assert.equal(parseConfig(readFileSync(file, 'utf8'), file).map(asListed), listed(stdoutBytes));
    }),
    { numRuns: 25 },
  );
});

it('refuses what git refuses, and names the line', async () => {
  for (const text of [
    'key = 1',
    '[s]\n1key = 1',
    '[s]\nkey = "open',
    '[s]\nkey = \\q',
    '[s]\nkey : 1',
    '[s "x]\nk = 1',
  ]) {
    await rejectsWith(
      'environment',
      Promise.resolve().then(() => parseConfig(text, 'file')),
    );
  }
  assert.throws(() => parseConfig('[s]\na = 1\nkey : 1', 'the-file'), /line 3 .*the-file/);
});

it.run();

async function sameAsGit(text: string): Promise<void> {
  const folder = makeTempDirectory();
  const file = join(folder, 'config');
  writeFileSync(file, text);
  const { stdoutBytes } = await git(['config', '--file', file, '-z', '--list'], { cwd: folder });
  assert.equal(parseConfig(text, file).map(asListed), listed(stdoutBytes));
}

function listed(bytes: Uint8Array): string[] {
  const records = Buffer.from(bytes).toString().split('\0').slice(0, -1);
  return records.map((record) => (record.includes('\n') ? record : `${record}\ntrue`));
}

function asListed({ key, value }: { readonly key: string; readonly value: string }): string {
  return `${key}\n${value}`;
}
