// The bare limit of reading a journal: every segment through `git cat-file --batch`, every line through JSON.parse.
// Usage: node read-all.js REPOSITORY REF
import { execFileSync, spawn } from 'node:child_process';

const [repository, ref] = process.argv.slice(2);
const listed = execFileSync('git', ['-C', repository, 'ls-tree', '-r', '--format=%(objectname) %(path)', ref], {
  maxBuffer: 2 ** 30,
  encoding: 'utf8',
});
const ids = listed.split('\n').flatMap((line) => (line.endsWith('.jsonl') ? [line.slice(0, line.indexOf(' '))] : []));
const git = spawn('git', ['-C', repository, 'cat-file', '--batch', '--buffer']);
git.stdin.end(`${ids.join('\n')}\n`);
let rest = '';
let count = 0;
for await (const chunk of git.stdout) {
  const lines = (rest + chunk.toString('latin1')).split('\n');
  rest = lines.pop();
  for (const line of lines) if (line.startsWith('{') && 'hlc' in JSON.parse(line)) count++;
}
process.stdout.write(`${count}\n`);
