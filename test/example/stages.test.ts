import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';

const STAGES = join(dirname(fileURLToPath(import.meta.url)), '../../examples/spam/stages');

type Files = Readonly<Record<string, string>>;

/** A folder with the given files, Latin-1. */
function folderWith(files: Files): string {
  const folder = makeTempDirectory('stages');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, 'latin1');
  }
  return folder;
}

async function runStage(folder: string, stage: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runSealed(process.execPath, [join(STAGES, `${stage}.js`), ...args], { cwd: folder });
  return stdout;
}

/** What the first stage makes of mails given by their id. */
async function parseMails(mails: Files, options: readonly string[] = []): Promise<readonly Record<string, unknown>[]> {
  const files = Object.entries(mails).map(([id, text]) => [`mails/${id}`, text] as const);
  const folder = folderWith(Object.fromEntries(files));
  await runStage(folder, 'parse', ['mails', 'parsed.jsonl', ...options]);
  const lines = readFileSync(join(folder, 'parsed.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The chance that a spam mail scores above a ham mail, by asking every pair. */
function aucByPairs(mails: readonly { readonly label: number; readonly score: number }[]): number {
  const [spam, ham] = [1, 0].map((label) => mails.filter((mail) => mail.label === label));
  const wins = (spam ?? []).flatMap((s) =>
    (ham ?? []).map((h) => (s.score > h.score ? 1 : s.score === h.score ? 0.5 : 0)),
  );
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

const stages = suite('the stages of the spam example');

stages('parse labels by folder, in the order of the paths, and cuts long mails', async () => {
  const mails = {
    'spam-1/b': 'Subject: Buy\n\nnow and here',
    'easy-ham-1/a': 'Subject: Hello\nX: y\n\n  how  are\nyou',
  };
  assert.equal(await parseMails(mails, ['--max-chars', '7']), [
    { id: 'easy-ham-1/a', label: 0, subject: 'Hello', text: 'how are' },
    { id: 'spam-1/b', label: 1, subject: 'Buy', text: 'now and' },
  ]);
});

stages('parse decodes transfer encodings and nested parts, and drops markup and attachments', async () => {
  const mail = [
    'Subject: =?iso-8859-1?Q?Caf=E9_?= =?us-ascii?B?b3Blbg==?=\nContent-Type: multipart/mixed;\n boundary="outer"\n\nno part',
    '--outer\nContent-Type: multipart/alternative; boundary=inner\n',
    '--inner\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n',
    '<style>p {}</style><p>so=\nft&nbsp;l=69ne</p><!-- hidden -->\n--inner--\nafter',
    '--outer\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nYmFzZQ==',
    '--outer\nContent-Type: image/gif\n\nR0lG\n--outer--\n',
  ].join('\n');
  const [parsed] = await parseMails({ 'spam-1/a': mail });
  assert.is(parsed?.['subject'], 'Café open');
  assert.is(parsed?.['text'], 'soft line base');
});

stages('featurize takes its words from the training mails alone', async () => {
  const mails = Array.from({ length: 40 }, (_, i) => ({
    id: `m${i}`,
    label: 0,
    subject: 'same',
    text: `only${'x'.repeat(i % 5)} 42`,
  }));
  const folder = folderWith({ 'parsed.jsonl': mails.map((mail) => `${JSON.stringify(mail)}\n`).join('') });
  const counts = JSON.parse(
    await runStage(folder, 'featurize', ['parsed.jsonl', 'features', '--min-df', '1']),
  ) as Files;
  assert.is(Number(counts['train']) + Number(counts['test']), 40);
  const words = JSON.parse(readFileSync(join(folder, 'features/vocabulary.json'), 'utf8')) as string[];
  assert.equal(words.slice(0, 2), ['#', 'same']);
  const none = await runStage(folder, 'featurize', ['parsed.jsonl', 'none', '--min-df', '1', '--test-percent', '100']);
  assert.equal(JSON.parse(none), { words: 0, train: 0, test: 40 });
});

stages('evaluate counts ties by half in the area under the curve', async () => {
  const scores = [-2, -1, -1, 0, 0, 0, 1, 2];
  const labels = [0, 0, 1, 0, 1, 1, 0, 1];
  const mails = scores.map((_, i) => ({ id: `${i}`, label: labels[i] ?? 0, words: [i], counts: [1] }));
  const folder = folderWith({
    'features/test.jsonl': mails.map((mail) => `${JSON.stringify(mail)}\n`).join(''),
    'model.json': JSON.stringify({ bias: 0, weights: scores }),
  });
  const metrics = JSON.parse(await runStage(folder, 'evaluate', ['features', 'model.json', 'metrics.json'])) as Record<
    string,
    number
  >;
  const pairs = scores.map((score, i) => ({ label: labels[i] ?? 0, score }));
  assert.is(metrics['auc'], Number(aucByPairs(pairs).toFixed(6)));
  assert.equal(metrics, JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')));
  assert.equal(
    [metrics['accuracy'], metrics['precision'], metrics['recall'], metrics['f1']],
    [0.625, 0.6, 0.75, 0.666667],
  );
});

stages.run();
