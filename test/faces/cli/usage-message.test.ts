import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../../src/domain/errors.ts';
import type { CommandModule } from '../../../src/faces/cli/command.ts';
import { parseArguments } from '../../../src/faces/cli/parse-arguments.ts';

const command: CommandModule = {
  usage: 'try -a A [--word W]…',
  description: 'Tries.',
  build: (parser) =>
    parser
      .option('alpha', { alias: 'a', type: 'string', requiresArg: true, demandOption: true, describe: 'a' })
      .option('word', { type: 'string', array: true, nargs: 1, describe: 'w' })
      .option('kind', { choices: ['x', 'y', 'z'], describe: 'k' })
      .option('json', { type: 'boolean', describe: 'j' }),
  run: async () => 0,
};

async function complaint(...argv: string[]): Promise<string> {
  const error = await parseArguments('try', command, argv).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.is((error as CmfError).hint, 'git cmf try -h');
  return (error as CmfError).message;
}

const it = suite('cli: what is said of a wrong command line');

it('names options as they are typed', async () => {
  assert.is(await complaint('-a', '1', '--jsno'), 'git cmf try: there is no option --jsno');
  assert.is(await complaint('-a', '1', '-q', '--foo'), 'git cmf try: there is no option -q and --foo');
  assert.is(await complaint(), 'git cmf try: --alpha must be given');
  assert.is(await complaint('-a'), 'git cmf try: -a needs a value');
  assert.is(await complaint('-a', '1', '--kind', 'q'), "git cmf try: --kind takes x, y or z, not 'q'");
});

it('refuses an option that is given twice, and a word that means nothing', async () => {
  assert.is(await complaint('-a', '1', '-a', '2'), 'git cmf try: --alpha is given more than once');
  assert.is(await complaint('-a', '1', 'more'), "git cmf try: does not take 'more'");
});

it('leaves numbers text and repeats what may be repeated', async () => {
  const parsed = await parseArguments('try', command, ['-a', '007', '--word', '1e3', '--word=--x']);
  assert.is(parsed.kind, 'run');
  const { alpha, word } = parsed.kind === 'run' ? parsed.args : {};
  assert.equal([alpha, word], ['007', ['1e3', '--x']]);
});

it('helps whoever asks, whatever else is wrong', async () => {
  const parsed = await parseArguments('try', command, ['-h', '--nonsense']);
  assert.is(parsed.kind, 'help');
  const text = parsed.kind === 'help' ? parsed.text : '';
  assert.match(text, 'usage: git cmf try -a A [--word W]…\n\nTries.');
  assert.not.match(text, '[string]');
  assert.equal(
    text.split('\n').filter((line) => line.length > 80),
    [],
  );
});

it.run();
