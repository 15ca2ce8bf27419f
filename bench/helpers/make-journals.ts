/**
 * Writes the journals of many writers into a bare repository, as their own flushes would have: one commit for each.
 *
 * Usage: node --import tsx bench/helpers/make-journals.ts REPOSITORY FIRST-WRITER WRITERS ENTRIES-OF-EACH
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { REFS } from '../../src/domain/ids.ts';
import { GATE, segmentPath, WRITER_JSON } from '../../src/domain/layout.ts';
import { madeJournal, madeWriter } from './made-journal.ts';

async function main(): Promise<void> {
  const [repository = '.', first = '0', writers = '0', entries = '0'] = process.argv.slice(2);
  const git = spawn('git', ['fast-import', '--quiet', '--done'], {
    cwd: repository,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  for (let number = Number(first); number < Number(first) + Number(writers); number++) {
    for (const text of commitsOf(number, Number(entries))) {
      if (!git.stdin.write(text)) await once(git.stdin, 'drain');
    }
  }
  git.stdin.end('done\n');
  const [code] = await once(git, 'exit');
  process.exitCode = Number(code);
}

function* commitsOf(number: number, entries: number): Generator<string> {
  const { record } = madeWriter(number);
  const ref = REFS.journal + record.writer;
  let isFirst = true;
  for (const { segments, timeSeconds } of madeJournal(number, entries)) {
    const files = segments.map((segment) => file(segmentPath(segment), segment.text));
    if (isFirst) files.push(file(GATE, ''), file(WRITER_JSON, record.text));
    isFirst = false;
    const date = `git cmf <git-cmf@localhost> ${timeSeconds} +0000`;
    const message = 'cmf: entries\n';
    yield `commit ${ref}\nauthor ${date}\ncommitter ${date}\ndata ${message.length}\n${message}${files.join('')}\n`;
  }
}

function file(path: string, text: string): string {
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
}

await main();
