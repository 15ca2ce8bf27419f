/**
 * Plays the tutorials in test/transcripts with the built program, each in an empty folder, and compares what it prints.
 *
 * After a change of wording, this writes the new output into them; read the diff:
 *
 *     CMF_UPDATE_TRANSCRIPTS=1 node --import tsx test/transcripts.test.ts
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../src/faces/cli/command-table.ts';
import { matchesLines, updatedLines } from './helpers/transcript/match-output.ts';
import { parseTranscript } from './helpers/transcript/parse-transcript.ts';
import { type Played, playTranscript } from './helpers/transcript/play-transcript.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(HERE, 'transcripts');
const PROGRAM = join(dirname(HERE), 'dist', 'git-cmf.js');
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
const isUpdate = process.env['CMF_UPDATE_TRANSCRIPTS'] === '1';

const player = suite('transcripts: the player');

player('compares lines with wildcards', () => {
  assert.ok(matchesLines(['id [..] done', 'end'], ['id 7f done', 'end']));
  assert.ok(matchesLines(['a', '...', 'z'], ['a', 'b', 'c', 'z']));
  assert.ok(matchesLines(['a', '...'], ['a']));
  assert.not.ok(matchesLines(['a.c'], ['abc']), 'a dot is a dot');
  assert.not.ok(matchesLines(['a'], ['a', 'b']), 'more output than promised');
  assert.not.ok(matchesLines(['a', 'b'], ['a']), 'less output than promised');
});

player('keeps wildcards that still fit when it rewrites', () => {
  const actual = ['by me', 'writer 0123456789abcdef in /tmp/x/a', 'run 0123abcd-4567 at 2026-01-31 08:00'];
  const lines = updatedLines(['by [..]', 'old'], actual, '/tmp/x');
  assert.equal(lines, ['by [..]', 'writer [hash..........] in [..]/a', 'run [id.........] at [time..........]']);
  assert.ok(matchesLines(lines, actual));
});

player('runs commands in one shell and tells their status', async () => {
  const steps = parseTranscript('```console\n$ x=1\n$ echo $x >&2\n> false\n1\n[exit status 1]\n```\n');
  const { outputs } = await playTranscript(steps);
  assert.equal(outputs, [[], ['1', '[exit status 1]']]);
  assert.equal(
    steps.map(({ expected }) => expected),
    outputs,
  );
});

player.run();

const tour = suite('transcripts');
const PLAYED_AT_ONCE = 3;
const played = new Map<string, Promise<Played>>();

/** Begins to play all, a few at a time, when the first one is asked for: each mostly waits for a disk. */
function play(name: string): Promise<Played> {
  for (const [i, each] of played.size === 0 ? NAMES.entries() : []) {
    const steps = parseTranscript(readFileSync(join(FOLDER, each), 'utf8'));
    const before = played.get(NAMES[i - PLAYED_AT_ONCE] ?? '') ?? Promise.resolve();
    played.set(
      each,
      before.then(() => playTranscript(steps)),
    );
  }
  return played.get(name) ?? Promise.reject(new Error(`${name} is not played`));
}

tour('the program is built', () => {
  assert.ok(existsSync(PROGRAM), 'dist/git-cmf.js is missing: sh .ci/setup');
});

for (const name of NAMES) {
  tour(name, async () => {
    const path = join(FOLDER, name);
    const text = readFileSync(path, 'utf8');
    const steps = parseTranscript(text);
    const { folder, outputs } = await play(name);
    const lines = text.split('\n');
    const problems: string[] = [];
    for (const [i, step] of [...steps.entries()].reverse()) {
      const actual = outputs[i] ?? [];
      if (matchesLines(step.expected, actual)) continue;
      problems.unshift(
        `$ ${step.command}\n--- expected\n${step.expected.join('\n')}\n--- printed\n${actual.join('\n')}`,
      );
      const { outputStart, outputEnd, expected } = step;
      lines.splice(outputStart, outputEnd - outputStart, ...updatedLines(expected, actual, folder));
    }
    if (isUpdate) writeFileSync(path, lines.join('\n'));
    else assert.ok(problems.length === 0, problems.join('\n\n'));
  });
}

tour('every command is shown in one', () => {
  const commands = NAMES.flatMap((name) => parseTranscript(readFileSync(join(FOLDER, name), 'utf8'))).map(
    ({ command }) => command,
  );
  const missing = COMMANDS.filter(
    ({ name, hidden }) => !hidden && !commands.some((line) => new RegExp(`\\bgit cmf ${name}\\b`).test(line)),
  );
  assert.equal(
    missing.map(({ name }) => name),
    [],
  );
});

tour.run();
