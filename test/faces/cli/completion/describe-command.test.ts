import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../../../src/faces/cli/command-table.ts';
import { type CommandShape, describeCommands } from '../../../../src/faces/cli/completion/describe-command.ts';

const it = suite('completion: what a shell needs to know');

async function shapeOf(name: string): Promise<CommandShape> {
  const shape = (await describeCommands(COMMANDS)).find((one) => one.name === name);
  if (shape === undefined) throw new Error(`no ${name}`);
  return shape;
}

it('leaves out what is not for people', async () => {
  const names = (await describeCommands(COMMANDS)).map(({ name }) => name);
  assert.ok(names.includes('push'));
  assert.not(names.includes('hook'));
});

it('tells options with a value from those without, long and short', async () => {
  const { options } = await shapeOf('list');
  const takesValue = new Map(options.map((option) => [option.name, option.takesValue]));
  for (const name of ['--where', '-n', '-p', '--pipeline']) assert.is(takesValue.get(name), true, name);
  for (const name of ['--json', '-z', '--zero', '--help']) assert.is(takesValue.get(name), false, name);
});

for (const [name, operand, actions] of [
  ['push', 'remotes', []],
  ['show', 'executions', []],
  ['resume', 'executions', []],
  ['retract', 'nothing', []],
  ['server', 'files', ['install', 'uninstall', 'merge', 'purge']],
  ['log-artifact', 'files', []],
  ['log-metric', 'nothing', []],
  ['log', 'nothing', []],
  ['bundle', 'files', ['create', 'apply']],
  ['completion', 'nothing', ['bash', 'zsh', 'fish']],
  ['import', 'nothing', ['dvc']],
  ['storage', 'storages', ['add', 'list', 'default', 'set', 'remove', 'check']],
  ['artifact', 'files', ['add', 'status', 'list', 'checkout', 'verify', 'push', 'pull', 'gc']],
] as const) {
  it(`reads the operands of ${name} from its synopsis`, async () => {
    const shape = await shapeOf(name);
    assert.is(shape.operand, operand);
    assert.equal(shape.actions, actions);
  });
}

it.run();
