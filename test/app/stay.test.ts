import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/app/clone.ts';
import { withLock } from '../../src/app/lock.ts';
import { sendAway, stay, stayMinutes } from '../../src/app/stay.ts';
import type { Desk, DeskOptions } from '../../src/ports/desk.ts';
import { git } from '../helpers/sealed-git.ts';
import { makeWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: a process that stays');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone({ bare: true }));
});
it.after.each(({ clone }) => clone.repository.close());

/** A desk that remembers, and a clock that moves while somebody sleeps. */
function lay({ clone }: WritingClone) {
  let options: DeskOptions | undefined;
  let nowMs = 1_000_000;
  const seen = { slept: 0, closed: 0 };
  const desk: Desk = {
    owner: '7',
    open: (given) => {
      options = given;
    },
    isOpen: () => options !== undefined,
    close: () => {
      options = undefined;
      seen.closed++;
    },
  };
  const turns: (() => void | Promise<void>)[] = [];
  const effects = {
    ...clone.effects,
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      seen.slept += ms;
      await turns.shift()?.();
    },
  };
  const context: Context = { ...clone, effects };
  return { context, desk, seen, turns, options: () => options };
}

const NEVER = {
  answer: async (): Promise<never> => {
    throw new Error('nobody asked');
  },
  isCurrent: () => true,
};

it('is off unless a number says for how long', async (bench) => {
  const { context } = lay(bench);
  assert.is(await stayMinutes(context), 0);
  for (const [text, minutes] of [
    ['10', 10],
    ['0.5', 0.5],
    ['-1', 0],
    ['soon', 0],
    ['0', 0],
  ] as const) {
    await git(['config', 'cmf.stayMinutes', text], { cwd: bench.directory });
    assert.is(await stayMinutes(context), minutes);
  }
});

it('goes when nobody asked for so long, counted from the last answer', async (bench) => {
  const { context, desk, seen, turns, options } = lay(bench);
  const said: string[] = [];
  turns.push(async () => {
    await options()?.answer({ env: {}, input: 'first' });
  });
  await stay(context, desk, 1, {
    answer: async ({ input }) => {
      said.push(input);
      return { exitCode: 0, stderr: '' };
    },
    isCurrent: () => true,
  });
  assert.equal(said, ['first']);
  assert.ok(seen.slept >= 60_000 && seen.slept <= 62_000, `${seen.slept}`);
  assert.is(seen.closed, 1);
});

it('goes when the program was replaced, and then takes nothing more', async (bench) => {
  const { context, desk, seen, turns, options } = lay(bench);
  let isCurrent = true;
  turns.push(() => {
    isCurrent = false;
    assert.not(options()?.mayTake());
  });
  await stay(context, desk, 1, { ...NEVER, isCurrent: () => isCurrent });
  assert.ok(seen.slept < 2000);
});

it('waits for what is being answered, whatever else', async (bench) => {
  const { context, desk, turns, options } = lay(bench);
  let finish: (() => void) | undefined;
  let isDone = false;
  turns.push(() => {
    void options()?.answer({ env: {}, input: '' });
    desk.close();
  });
  turns.push(() => {
    isDone = true;
    finish?.();
  });
  const answer = () =>
    new Promise<{ exitCode: number; stderr: string }>((resolve) => {
      finish = () => resolve({ exitCode: 0, stderr: '' });
    });
  await stay(context, desk, 1, { answer, isCurrent: () => true });
  assert.ok(isDone);
});

it('answers four at a time, and goes when it cannot find out', async (bench) => {
  const { context, desk, seen, turns, options } = lay(bench);
  let atOnce = 0;
  let most = 0;
  let said: unknown[] = [];
  turns.push(async () => {
    const ask = () => options()?.answer({ env: {}, input: '' });
    said = await Promise.all(Array.from({ length: 9 }, ask));
    assert.not(options()?.mayTake());
  });
  await stay(context, desk, 1, {
    answer: async () => {
      most = Math.max(most, ++atOnce);
      await new Promise(setImmediate);
      atOnce--;
      if (said.length === 0 && most === 4 && atOnce === 0) throw new Error('no more memory');
      return { exitCode: 0, stderr: '' };
    },
    isCurrent: () => true,
  });
  assert.is(most, 4);
  assert.is(said.filter((one) => one === undefined).length, 1);
  assert.ok(seen.slept < 2000);
});

it('leaves the desk to who is there', async (bench) => {
  const { context, desk, seen } = lay(bench);
  await withLock(context, 'desk-7', true, async () => {
    await stay(context, desk, 1, NEVER);
  });
  assert.equal(seen, { slept: 0, closed: 0 });
});

it('is sent away by what takes the mark from the desk', (bench) => {
  const { context } = lay(bench);
  const open = `${bench.directory}/cmf/desk/7.open`;
  context.disk.writeHint(open, '');
  sendAway(context);
  assert.is(context.disk.stat(open), undefined);
});

it.run();
