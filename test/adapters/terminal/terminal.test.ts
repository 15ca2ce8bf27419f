import { PassThrough, Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openTerminal, type Streams } from '../../../src/adapters/terminal/terminal.ts';

const it = suite('adapters: the terminal');

type Wish = { readonly isWatched?: boolean; readonly columns?: number; readonly input?: readonly Uint8Array[] };

/** Standard streams in memory; `out` and `err` are what was written to them. */
function streams({ isWatched = false, columns, input = [] }: Wish): {
  readonly given: Streams;
  readonly stdout: PassThrough;
  readonly out: () => string;
  readonly err: () => string;
} {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const terminalOf = (stream: PassThrough) => Object.assign(stream, { isTTY: isWatched, columns });
  const given = { stdin: Readable.from(input), stdout: terminalOf(stdout), stderr: terminalOf(stderr) };
  const textOf = (stream: PassThrough) => String(stream.read() ?? '');
  return { given: given as unknown as Streams, stdout, out: () => textOf(stdout), err: () => textOf(stderr) };
}

async function linesOf(...chunks: string[]): Promise<string[]> {
  const { given } = streams({ input: chunks.map((text) => Buffer.from(text, 'latin1')) });
  const lines: string[] = [];
  for await (const line of openTerminal(given).inputLines()) lines.push(Buffer.from(line).toString('latin1'));
  return lines;
}

it('prints results on standard output and complaints on standard error', () => {
  const { given, out, err } = streams({});
  const terminal = openTerminal(given);
  terminal.print('a result\n');
  terminal.complain('error: no\n');
  terminal.reporter.warn('be careful');
  assert.equal([out(), err()], ['a result\n', 'error: no\nwarning: be careful\n']);
});

it('says when nobody reads the bytes of a result any more', async () => {
  const { given, stdout, out } = streams({});
  const { printBytes } = openTerminal(given);
  await printBytes(Buffer.from('whole'));
  assert.is(out(), 'whole');
  stdout.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
  const error = await printBytes(Buffer.from('more')).catch((reason: unknown) => reason);
  assert.match(String(error), 'standard output was closed');
});

it('shows notes and progress to a person, and to nobody else', () => {
  for (const [isWatched, expected] of [
    [true, 'execution 1\n\r\x1b[K5 of 9'],
    [false, ''],
  ] as const) {
    const { given, out, err } = streams({ isWatched });
    const { reporter } = openTerminal(given);
    reporter.note('execution 1');
    reporter.progress('5 of 9');
    assert.equal([out(), err()], ['', expected]);
  }
});

it('knows how wide a terminal is, if it is one and says so', () => {
  const columnsOf = (wish: Wish) => openTerminal(streams(wish).given).columns;
  assert.is(columnsOf({ isWatched: true, columns: 120 }), 120);
  assert.is(columnsOf({ isWatched: true, columns: 0 }), undefined);
  assert.is(columnsOf({ isWatched: true }), undefined);
  assert.is(columnsOf({ columns: 120 }), undefined);
});

it('does not mind a reader that has seen enough, and minds everything else', () => {
  const { given, stdout } = streams({});
  openTerminal(given);
  stdout.emit('error', Object.assign(new Error('closed'), { code: 'EPIPE' }));
  assert.throws(() => stdout.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' })), /full/);
});

it('reads lines as bytes, however they were cut into pieces', async () => {
  const lines = ['{"a":1}', '', 'caf\xe9 \xff\x00', '\r', 'last'];
  const text = lines.join('\n');
  assert.equal(await linesOf(text), lines);
  assert.equal(await linesOf(...text), lines);
  assert.equal(await linesOf(text.slice(0, 9), text.slice(9), '\n'), lines);
  assert.equal(await linesOf(), []);
  assert.equal(await linesOf('\n'), ['']);
  assert.equal(await linesOf('a\n', '\n', 'b'), ['a', '', 'b']);
});

it.run();
