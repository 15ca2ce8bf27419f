/**
 * The example of the README, end to end. Its name keeps it out of the plain test run, since it may download the mails:
 *
 *     npm run test:example
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const EXAMPLE = join(ROOT, 'examples/spam');

type Story = { readonly folder: string; readonly stdout: string };

/** What npm needs to reach its registry when the mails are not installed yet; git never sees more than the seal allows. */
function npmEnv(): Record<string, string> {
  const wanted = Object.entries(process.env).filter(([name]) =>
    /^(home|npm_config_.*|https?_proxy|no_proxy|node_extra_ca_certs)$/i.test(name),
  );
  return Object.fromEntries(wanted.map(([name, value]) => [name, value ?? '']));
}

/** What the example printed under each command that ends with the given words, in order. */
function outputsOf(stdout: string, command: string): readonly string[] {
  const blocks = stdout.split(/^(?=\S*\$ )/m);
  return blocks
    .filter((block) => block.split('\n', 1)[0]?.endsWith(command))
    .map((block) => (/\n((?: {2}.*\n)*)/.exec(block)?.[1] ?? '').trimEnd());
}

/** The fractions among the results that the stages printed, as text. */
function printedFractions(stdout: string): readonly string[] {
  return [...stdout.matchAll(/^ {2}(\{.*\})$/gm)].flatMap(([, line]) => line?.match(/\d\.\d{4,}/g) ?? []);
}

/** Every file of the example that is part of this repository, as one text. */
function storedText(): string {
  const files = readdirSync(EXAMPLE, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(js|md)$/.test(name));
  const own = files.filter((name) => !name.startsWith('node_modules'));
  return own.map((name) => readFileSync(join(EXAMPLE, name), 'utf8')).join('\n');
}

const example = suite<{ story: Story }>('the spam example');

example.before(async (context) => {
  const folder = makeTempDirectory('spam');
  const words = [join(EXAMPLE, 'run.js'), '--mails', '300', '--change-one-mail', '--dir', folder];
  const { stdout } = await runSealed(process.execPath, words, { cwd: ROOT, env: npmEnv() });
  context.story = { folder, stdout };
});

example('gives one digest at both sites and in the central repository, before and after the change', ({ story }) => {
  const digests = outputsOf(story.stdout, 'cmf digest');
  assert.is(digests.length, 6);
  assert.match(digests[0] ?? '', /entries: +\w{32,}/);
  assert.is(new Set(digests.slice(0, 3)).size, 1);
  assert.is(new Set(digests.slice(3)).size, 1);
  assert.is.not(digests[0], digests[3]);
});

example('knows every execution of both sites at each site', async ({ story }) => {
  const started = [...story.stdout.matchAll(/git cmf finish -e (\S+)$/gm)].map(([, id]) => id ?? '');
  assert.is(started.length, 12);
  const env = { PATH: `${join(ROOT, 'bin')}${delimiter}${process.env['PATH']}` };
  for (const site of ['site-a', 'site-b']) {
    const listed = await runSealed('git', ['cmf', 'list', 'executions', '--json'], {
      cwd: join(story.folder, site),
      env,
    });
    const ids = (JSON.parse(listed.stdout) as { items: readonly { id: string }[] }).items.map(({ id }) => id);
    assert.equal([...ids].sort(), [...started].sort());
  }
});

example('gives another model when one mail changes, named by its content', ({ story }) => {
  const [before, after] = outputsOf(story.stdout, 'cat model/model.json.dvc').map(
    (text) => /md5: (\w+)/.exec(text)?.[1],
  );
  const model = readFileSync(join(story.folder, 'site-a/model/model.json'));
  assert.is(after, createHash('md5').update(model).digest('hex'));
  assert.is.not(before, after);
});

example('trains the same bytes again from the same features and parameters', async ({ story }) => {
  const site = join(story.folder, 'site-b');
  const command = /^site-b\$ node (stages\/train\.js) (\S+) (\S+) (.*)$/m.exec(story.stdout);
  const [, program = '', features = '', model = '', options = ''] = command ?? [];
  await runSealed(process.execPath, [program, features, 'again.json', ...options.split(' ')], { cwd: site });
  assert.is(readFileSync(join(site, 'again.json'), 'utf8'), readFileSync(join(site, model), 'utf8'));
});

example('prints results of this run alone: none of them is written in the example', ({ story }) => {
  const hashes = story.stdout.match(/\b[0-9a-f]{32,64}\b/g) ?? [];
  const fractions = printedFractions(story.stdout);
  assert.ok(hashes.length >= 8 && fractions.length >= 20);
  const stored = storedText();
  const found = [...hashes, ...fractions].filter((result) => stored.includes(result));
  assert.equal(found, []);
});

example.run();
