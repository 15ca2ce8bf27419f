/**
 * The example of git cmf: a spam filter, trained at two sites with different parameters, whose records meet in a central
 * repository. `node examples/spam/run.js --help` lists the options; README.md tells the story.
 *
 * Exit codes: 0 all three places have the same digest (and, with --change-one-mail, the models differ), 1 they do not,
 * 2 usage, 3 a command failed.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { changeOneMail, copyMails, installCorpus } from './lib/corpus.js';
import { readOptions, USAGE, UsageError } from './lib/options.js';
import { runPipeline } from './lib/pipeline.js';
import { makeCentral, makeScratchFolder, makeSite, writeGitConfig } from './lib/places.js';
import { CommandFailed, exampleEnv, openShell } from './lib/shell.js';
import { headline } from './lib/style.js';

const EXAMPLE = { name: 'example', folder: dirname(fileURLToPath(import.meta.url)) };
const MODEL = 'model/model.json';

/** What both sites agree on; so both make the same features, and git cmf knows them by their content as the same. */
const COMMON_PARAMS = { max_chars: 20000, min_df: 5, max_words: 20000, test_percent: 20, seed: 1 };
const SITE_PARAMS = {
  'site-a': { ...COMMON_PARAMS, lr: 0.1, epochs: 3, l2: 0.0001, threshold: 0.5 },
  'site-b': { ...COMMON_PARAMS, lr: 1, epochs: 8, l2: 0.000001, threshold: 0.5 },
};

function main(words) {
  const options = readOptions(words);
  if (options.help) return console.log(USAGE.trimEnd());
  const start = performance.now();
  const scratch = { name: '', folder: makeScratchFolder(options.dir) };
  writeGitConfig(join(scratch.folder, 'gitconfig'));
  const shell = openShell(exampleEnv(join(EXAMPLE.folder, '../../bin'), join(scratch.folder, 'gitconfig')));
  console.log(`All happens in ${scratch.folder}`);
  process.exitCode = tell(shell, scratch, options) ? 0 : 1;
  const { commands, durationMs } = shell.spent;
  console.log(`\n${commands} git cmf commands, ${(durationMs / commands).toFixed(0)} ms each on average`);
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s in total`);
  if (options.keep || options.dir !== undefined) return console.log(`kept: ${scratch.folder}`);
  rmSync(scratch.folder, { recursive: true, maxRetries: 3 });
}

/** The story, from the empty folder to the digests; whether it came out as it should. */
function tell(shell, scratch, options) {
  installCorpus(shell, EXAMPLE);
  headline('A central repository, with git cmf at work in its hooks');
  makeCentral(shell, scratch, EXAMPLE);
  const sites = Object.entries(SITE_PARAMS).map(([name, params]) => workAtSite(shell, scratch, name, params, options));
  exchange(shell, scratch, sites);
  showWhatIsKnown(shell, sites[0]);
  const isSame = compareDigests(shell, scratch, sites);
  return options.changeOneMail ? changeAndCompare(shell, scratch, sites) && isSame : isSame;
}

function workAtSite(shell, scratch, name, params, options) {
  headline(`${name}: a clone, the mails, and four stages with lr ${params.lr} and ${params.epochs} epochs`);
  const site = { ...makeSite(shell, scratch, name), params };
  const mails = copyMails(EXAMPLE, join(site.folder, 'data/mails'), options.mails);
  console.log(`  (${mails.length} mails copied to data/mails)\n`);
  runPipeline(shell, site, params);
  shell.run(site, ['git', 'add', '.']);
  shell.run(site, ['git', 'commit', '--quiet', '-m', `Data and model of ${name}, by their pointers`]);
  return { ...site, mails };
}

/** Push, merge, pull. The hook has started the merge already; asking for it once more waits until it is done. */
function exchange(shell, scratch, sites) {
  headline('Both sites push their records, the central repository merges them, both sites pull');
  for (const site of sites) shell.run(site, ['git', 'cmf', 'push']);
  shell.run(scratch, ['git', '--git-dir', 'central.git', 'cmf', 'server', 'merge']);
  for (const site of sites) shell.run(site, ['git', 'cmf', 'pull']);
}

function showWhatIsKnown(shell, site) {
  headline('Every site now knows what ran at all sites');
  shell.run(site, ['git', 'cmf', 'list', 'executions']);
  shell.run(site, ['git', 'cmf', 'list', 'executions', '--where', 'param.lr >= 1']);
  headline('Where the model comes from');
  shell.run(site, ['git', 'cmf', 'lineage', MODEL, '--up']);
  headline('What came of the mails, at any site');
  shell.run(site, ['git', 'cmf', 'lineage', 'data/mails', '--down']);
  headline('What ran at each commit');
  shell.run(site, ['git', 'log', '--notes=cmf', '-3']);
}

/** Whether both sites and the central repository know exactly the same. */
function compareDigests(shell, scratch, sites) {
  headline('The same records give the same digest everywhere');
  const digests = [
    ...sites.map((site) => shell.run(site, ['git', 'cmf', 'digest'])),
    shell.run(scratch, ['git', '--git-dir', 'central.git', 'cmf', 'digest']),
  ];
  const isSame = new Set(digests).size === 1;
  console.log(isSame ? '\nThe three digests are equal.' : '\nThe three digests are NOT equal.');
  return isSame;
}

/** Runs site-a's pipeline again after a change of one mail; whether that gave another model, and equal digests again. */
function changeAndCompare(shell, scratch, sites) {
  const [site] = sites;
  headline('One mail changes');
  const before = modelDigest(shell, site);
  const { id, subject } = changeOneMail(join(site.folder, 'data/mails'), site.mails, site.params.test_percent);
  console.log(`  (data/mails/${id} now begins with "${subject}")\n`);
  runPipeline(shell, site, site.params);
  const isOther = modelDigest(shell, site) !== before;
  console.log(isOther ? '\nOne mail changed, and the model has another digest.' : '\nThe model is still the SAME.');
  exchange(shell, scratch, sites);
  return compareDigests(shell, scratch, sites) && isOther;
}

/** The digest of the model in the work tree, as its pointer file names it. */
function modelDigest(shell, site) {
  return /md5: (\w+)/.exec(shell.run(site, ['cat', `${MODEL}.dvc`]))?.[1];
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof CommandFailed)) throw error;
  console.error(`\nexample: ${error.message}`);
  if (error instanceof UsageError) console.error(`\n${USAGE.trimEnd()}`);
  process.exitCode = error instanceof UsageError ? 2 : 3;
}
