import { PassThrough } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openTerminal, type Streams } from '../../../src/adapters/terminal/terminal.ts';

const it = suite('adapters: the terminal');

/** What a reporter says on standard error. */
function saidOn(isTTY: boolean): string {
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr } as unknown as Streams;
  const { reporter, complain } = openTerminal(streams);
  reporter.note('a note');
  reporter.warn('a warning');
  reporter.progress('half');
  complain('an error\n');
  return String(stderr.read());
}

it('says all to a person who watches', () => {
  assert.is(saidOn(true), 'a note\nwarning: a warning\n\r\x1b[Khalfan error\n');
});

it('says to a log only what someone should know', () => {
  assert.is(saidOn(false), 'warning: a warning\nan error\n');
});

it.run();
