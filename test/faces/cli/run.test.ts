import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CmfError } from '../../../src/domain/errors.ts';
import { COMMANDS } from '../../../src/faces/cli/command-table.ts';
import { runCommandLine } from '../../../src/faces/cli/run.ts';
import type { Session } from '../../../src/faces/cli/session.ts';

const it = suite('cli: from a command line to a status');

/** Outside of any repository: whatever a command asks of the world is refused. */
const nowhere = new Proxy({} as Session, {
  get: () => () => {
    throw new CmfError('no-repository', { message: 'not in a git repository' });
  },
});

async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const output = {
    print: (text: string) => {
      out += text;
    },
    complain: (text: string) => {
      err += text;
    },
  };
  const status = await runCommandLine(argv, nowhere, output);
  return { status, out, err };
}

it('lists all commands but those for hooks', async () => {
  const shown = COMMANDS.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  for (const argv of [['-h'], ['--help'], ['help']]) {
    const { status, out, err } = await run(...argv);
    assert.equal([status, err], [0, '']);
    const listed = out.split('\n').flatMap((line) => /^ {3}(\S+) /.exec(line)?.[1] ?? []);
    assert.equal(listed, shown);
    assert.ok(out.split('\n').every((line) => line.length <= 80));
  }
  assert.is((await run()).status, 2, 'no command at all is no success');
});

it('explains one command, outside of a repository too', async () => {
  const { status, out } = await run('start', '-h');
  assert.is(status, 0);
  assert.match(out, /^usage: git cmf start /);
  assert.is((await run('help', 'start')).out, out);
});

it('tells its version', async () => {
  for (const argv of [['--version'], ['version']]) assert.match((await run(...argv)).out, /^git-cmf version \S+\n$/);
});

it('says which command was meant by one that is not there', async () => {
  const { status, out, err } = await run('statsu');
  assert.equal([status, out], [2, '']);
  assert.is(err, "error: 'statsu' is not a git cmf command; did you mean status?\nhint: git cmf -h\n");
  assert.is((await run('help', 'statsu')).err, err);
  assert.match((await run('__proto__')).err, "'__proto__' is not a git cmf command\n");
});

it('says what is wrong on standard error, with the status of its kind', async () => {
  assert.equal(await run('status'), {
    status: 3,
    out: '',
    err: 'error: not in a git repository\nhint: git init\n',
  });
  const wrong = await run('start', '--nonsense');
  assert.equal([wrong.status, wrong.out], [2, '']);
  assert.match(wrong.err, /hint: git cmf start -h\n$/);
});

it('refuses words that were no UTF-8 before anything else', async () => {
  const { status, err } = await run('log-param', 'name=\ufffd');
  assert.is(status, 2);
  assert.match(err, 'is not valid UTF-8');
});

it.run();
