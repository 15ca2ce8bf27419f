import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folderDesk } from '../../../src/adapters/desk/folder-desk.ts';
import { CmfError } from '../../../src/domain/errors.ts';
import type { Question } from '../../../src/ports/desk.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('folder-desk');

function lay(mayTake = () => true) {
  const parent = join(makeTempDirectory('desk'), 'desk');
  const desk = folderDesk(parent, '7');
  const asked: Question[] = [];
  const open = () =>
    desk.open({
      mayTake,
      answer: async (question) => {
        asked.push(question);
        await sleep(5);
        return { exitCode: asked.length, stderr: `said ${question.input}` };
      },
    });
  return {
    desk,
    asked,
    open,
    at: (name: string) => join(parent, '7', name),
    folder: join(parent, '7'),
    mark: join(parent, '7.open'),
  };
}

async function nobody(): Promise<never> {
  throw new Error('nobody may ask');
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isSo(); i++) await sleep(10);
  assert.ok(isSo());
}

test('answers what lies there complete, with the variables that are set', async () => {
  const { desk, asked, open, at, folder, mark } = lay();
  open();
  assert.ok(desk.isOpen());
  assert.is(readFileSync(mark, 'utf8'), `${process.pid}\n`);
  assert.is(statSync(folder).mode & 0o777, 0o700);
  writeFileSync(at('a.ask'), '/q\n\n/alt:/other\nold new ref\nold new other\n');
  await sleep(50);
  assert.is(asked.length, 0, 'the end is missing');
  appendFileSync(at('a.ask'), 'end\n');
  await until(() => existsSync(at('a.said')));
  assert.is(readFileSync(at('a.said'), 'utf8'), '1\nsaid old new ref\nold new other');
  assert.equal(asked, [
    {
      env: { GIT_QUARANTINE_PATH: '/q', GIT_ALTERNATE_OBJECT_DIRECTORIES: '/alt:/other' },
      input: 'old new ref\nold new other',
    },
  ]);
  await until(() => !existsSync(at('a.taken')));
  for (const name of ['b', 'c', 'd']) writeFileSync(at(`${name}.ask`), '\n\n\nx\nend\n');
  await until(() => ['b', 'c', 'd'].every((name) => existsSync(at(`${name}.said`))));
  assert.is(asked.length, 4);
  desk.close();
  assert.not(desk.isOpen());
  assert.not(existsSync(mark));
});

test('leaves lying what it may not take, removes what nobody fetched, and takes what lay there before', async () => {
  let mayTake = false;
  const { desk, asked, open, at, folder } = lay(() => mayTake);
  open();
  writeFileSync(at('a.ask'), '\n\n\nx\nend\n');
  await sleep(50);
  assert.equal(readdirSync(folder), ['a.ask']);
  for (const name of ['b.said', 'c.taken']) writeFileSync(at(name), '');
  mayTake = true;
  open();
  await until(() => existsSync(at('a.said')));
  assert.is(asked.length, 1);
  assert.not(existsSync(at('b.said')) || existsSync(at('c.taken')));
  desk.close();
});

test('gives back what it cannot find out', async () => {
  const parent = join(makeTempDirectory('desk'), 'desk');
  const desk = folderDesk(parent, '7');
  const answers = [nobody, async () => undefined];
  desk.open({ mayTake: () => true, answer: async () => answers.pop()?.() });
  for (const name of ['a', 'b']) {
    writeFileSync(join(parent, `7/${name}.ask`), '\n\n\nx\nend\n');
    await until(() => readdirSync(join(parent, '7')).length === 0);
  }
  assert.is(answers.length, 0);
  desk.close();
});

test('sees that it was sent away, or that another one came', async () => {
  const { desk, open, folder, mark } = lay();
  open();
  rmSync(mark);
  assert.not(desk.isOpen());
  open();
  writeFileSync(mark, '1\n');
  assert.not(desk.isOpen());
  rmSync(folder, { recursive: true });
  await sleep(20);
  desk.close();
  assert.ok(existsSync(mark), 'it is of the other one');
});

test('says where it cannot be', () => {
  const parent = join(makeTempDirectory('desk'), 'file');
  writeFileSync(parent, '');
  const open = () => folderDesk(parent, '7').open({ mayTake: () => true, answer: nobody });
  assert.throws(open, (error: unknown) => error instanceof CmfError && error.message.includes(parent));
});

test.run();
