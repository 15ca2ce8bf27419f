import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../../src/domain/errors.ts';
import type { CommandModule } from '../../../src/faces/cli/command.ts';
import { COMMANDS } from '../../../src/faces/cli/command-table.ts';
import { parseArguments } from '../../../src/faces/cli/parse-arguments.ts';

const command: CommandModule = {
  usage: 'try [-a A] [--word W]… PATH…',
  description: 'Tries.',
  takesOperands: true,
  build: (parser) =>
    parser
      .option('alpha', { alias: 'a', type: 'string', requiresArg: true, describe: 'a' })
      .option('word', { type: 'string', array: true, nargs: 1, describe: 'w' })
      .option('kind', { choices: ['x', 'y'], describe: 'k' })
      .option('json', { type: 'boolean', describe: 'j' })
      .option('zero', { alias: 'z', type: 'boolean', describe: 'z' })
      .option('no-pointer', { type: 'boolean', describe: 'n' }),
  run: async () => 0,
};
const runner: CommandModule = { ...command, takesOperands: false, takesCommand: true };

const it = suite('cli: a command line');

async function parsed(argv: readonly string[], by: CommandModule = command): Promise<Record<string, unknown>> {
  const result = await parseArguments('try', by, argv);
  assert.is(result.kind, 'run');
  const { $0: _program, ...args } = result.kind === 'run' ? result.args : {};
  return args;
}

async function refusal(argv: readonly string[], by: CommandModule = command): Promise<string> {
  const error = await parseArguments('try', by, argv).catch((reason: unknown) => reason);
  assert.instance(error, CmfError, argv.join(' '));
  const { code, message, hint } = error as CmfError;
  assert.equal([code, hint], ['usage', 'git cmf try -h']);
  return message.replace('git cmf try: ', '');
}

it('leaves text what looks like a number, a list or a file with arguments', async () => {
  const words = ['007', '1e3', '0x10', '-1', '.5', '1,2', '@file', 'a.b=c', '-'];
  assert.equal(await parsed(words), { _: words });
  for (const value of ['007', '1e3', '-1', '9223372036854775808', 'a,b', '@x', ' ', '']) {
    assert.equal(await parsed(['-a', value]), { alpha: value, _: [] }, `-a '${value}'`);
  }
});

it('takes one word for each option that may be repeated', async () => {
  assert.equal(await parsed(['--word', 'a', 'b', '--word=--c', '--word=d=e']), { word: ['a', '--c', 'd=e'], _: ['b'] });
  assert.is(await refusal(['--word', 'a', '--word']), '--word needs a value');
});

it('takes an option by its short name, with the value behind it or after =', async () => {
  for (const argv of [['-a', 'v'], ['-a=v'], ['--alpha', 'v'], ['--alpha=v']]) {
    assert.equal(await parsed(argv), { alpha: 'v', _: [] }, argv.join(' '));
  }
  assert.is(await refusal(['-av']), 'there is no option -v');
  assert.is(await refusal(['-a', '1', '--alpha=2']), '--alpha is given more than once');
});

it('guesses no option: no abbreviation, other case, negation, path into one or name of the language', async () => {
  const names = [
    '--jso',
    '--Json',
    '--no-json',
    '--noPointer',
    '--alpha.b',
    '--constructor',
    '--toString',
    '-q',
    '-zq',
  ];
  for (const name of names) {
    assert.is(await refusal([name]), `there is no option ${name.replace('-zq', '-q')}`, name);
  }
  assert.match(await refusal(['--__proto__=x']), 'there is no option');
  assert.is(({} as Record<string, unknown>)['x'], undefined);
});

it('takes no value for a flag, and no word after it', async () => {
  for (const argv of [
    ['--json', 'false'],
    ['--json', 'true'],
    ['--json', 'maybe'],
  ]) {
    assert.equal(await parsed(argv), { json: true, _: argv.slice(1) }, argv.join(' '));
  }
  assert.equal(await parsed(['-z', 'false', '--no-pointer', 'true']), {
    zero: true,
    'no-pointer': true,
    _: ['false', 'true'],
  });
  assert.equal(await parsed(['--json', '--json', '-zz']), { json: true, zero: true, _: [] });
  assert.is(await refusal(['--json=false']), '--json takes no value');
  assert.is(await refusal(['--zero=1']), '--zero takes no value');
  assert.is(await refusal(['-z=1']), '-z takes no value');
});

it('takes words after -- as they are', async () => {
  const after = ['--json', '-h', '--help', '-a', '--', '--word', '007', '--json=1', ''];
  assert.equal(await parsed(['x', '--', ...after]), { _: ['x', ...after] });
  assert.equal(await parsed(['--']), { _: [] });
});

it('keeps apart the command line that a command takes after --', async () => {
  const line = ['python', '-u', 'train.py', '--lr', '1', '--lr', '2', '-h', '--', '007'];
  assert.equal(await parsed(['-a', 'v', '--', ...line], runner), { alpha: 'v', _: [], '--': line });
  assert.equal(await parsed([], runner), { _: [], '--': [] });
  assert.is(await refusal(['--word', 'a=1', 'b=2', '--', 'python'], runner), "does not take 'b=2' before --");
});

it('refuses words where a command takes none, before and after --', async () => {
  const without: CommandModule = { ...command, takesOperands: false };
  assert.is(await refusal(['x'], without), "does not take 'x'");
  assert.is(await refusal(['--', '-x'], without), "does not take '-x'");
  assert.is(await refusal([''], without), "does not take ''");
});

it('shows help for every command, in lines that fit everywhere', async () => {
  for (const { name, load } of COMMANDS) {
    const result = await parseArguments(name, (await load()).command, ['--help']);
    const text = result.kind === 'help' ? result.text : '';
    assert.match(text, new RegExp(`^usage: git cmf ${name}\\b`), name);
    assert.equal(
      text.split('\n').filter((line) => line.length > 80 || /\s$/.test(line)),
      [],
      name,
    );
  }
});

it('does not record a parameter without its --param as a command', async () => {
  const start = COMMANDS.find(({ name }) => name === 'start');
  assert.ok(start !== undefined);
  const argv = ['-p', 'spam', '-s', 'train', '--param', 'lr=1', 'seed=7'];
  assert.is(await refusal(argv, (await start.load()).command), "does not take 'seed=7' before --");
});

it.run();
