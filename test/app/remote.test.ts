import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseRemote, requireRemote } from '../../src/app/remote.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { git } from '../helpers/sealed-git.ts';
import { makeWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: which remote');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

async function add({ directory }: WritingClone, ...names: string[]): Promise<void> {
  for (const name of names) await git(['remote', 'add', name, `https://host.invalid/${name}`], { cwd: directory });
}

async function refusal(work: Promise<unknown>): Promise<CmfError> {
  const error = await work.catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  return error as CmfError;
}

it('is the one that was named, a URL too', async (bench) => {
  await add(bench, 'origin');
  assert.is(await chooseRemote(bench.clone, ['backup']), 'backup');
  assert.is(await chooseRemote(bench.clone, ['ssh://host/x.git']), 'ssh://host/x.git');
});

it('is cmf.remote before origin, and origin before the only one', async (bench) => {
  await add(bench, 'hub');
  assert.is(await chooseRemote(bench.clone, []), 'hub');
  await add(bench, 'origin');
  assert.is(await chooseRemote(bench.clone, []), 'origin');
  await git(['config', 'cmf.remote', 'hub'], { cwd: bench.directory });
  assert.is(await chooseRemote(bench.clone, []), 'hub');
});

it('is not guessed', async (bench) => {
  const none = await refusal(chooseRemote(bench.clone, []));
  assert.equal([none.code, none.hint], ['no-remote', 'git remote add origin URL']);
  await add(bench, 'hub', 'mirror');
  const several = await refusal(chooseRemote(bench.clone, []));
  assert.is(several.code, 'no-remote');
  assert.match(several.message, 'hub, mirror');
  const two = await refusal(chooseRemote(bench.clone, ['hub', 'mirror']));
  assert.equal([two.code, two.message], ['usage', "one remote at a time: 'hub' or 'mirror'"]);
});

it('must be there to be remembered', async (bench) => {
  await add(bench, 'hub');
  await requireRemote(bench.clone, 'hub');
  const { code, message } = await refusal(requireRemote(bench.clone, 'origin'));
  assert.equal([code, message], ['no-remote', "there is no remote named 'origin'"]);
});

it.run();
