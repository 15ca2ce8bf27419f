/**
 * The pipeline's four stages: the command of each, its parameters, what it reads and what it writes.
 * A parameter `max_chars` is the option `--max-chars` of the stage's program.
 */
export const STAGES = [
  {
    name: 'parse',
    paths: ['data/mails', 'data/parsed.jsonl'],
    params: ['max_chars'],
    inputs: { 'data/mails': 'dataset' },
    outputs: { 'data/parsed.jsonl': 'dataset' },
  },
  {
    name: 'featurize',
    paths: ['data/parsed.jsonl', 'data/features'],
    params: ['min_df', 'max_words', 'test_percent'],
    inputs: { 'data/parsed.jsonl': 'dataset' },
    outputs: { 'data/features': 'dataset' },
  },
  {
    name: 'train',
    paths: ['data/features', 'model/model.json'],
    params: ['lr', 'epochs', 'l2', 'seed'],
    inputs: { 'data/features': 'dataset' },
    outputs: { 'model/model.json': 'model' },
  },
  {
    name: 'evaluate',
    paths: ['data/features', 'model/model.json', 'metrics/metrics.json'],
    params: ['threshold'],
    inputs: { 'data/features': 'dataset', 'model/model.json': 'model' },
    outputs: { 'metrics/metrics.json': 'metrics' },
  },
];

/** Runs all stages at a site, each as an execution of its own that git cmf records. */
export function runPipeline(shell, site, params) {
  for (const stage of STAGES) runStage(shell, site, stage, params);
}

function runStage(shell, site, stage, params) {
  const cmf = (...words) => shell.run(site, ['git', 'cmf', ...words]);
  const chosen = stage.params.map((name) => `${name}=${params[name]}`);
  const id = cmf('start', '-p', 'spam', '-s', stage.name, ...chosen.flatMap((pair) => ['--param', pair])).trim();
  for (const [path, type] of Object.entries(stage.inputs))
    cmf('log-artifact', path, '--input', '-e', id, '--type', type);
  for (const line of runProgram(shell, site, stage, params)) cmf('log-metric', ...metricWords(line), '-e', id);
  for (const [path, type] of Object.entries(stage.outputs))
    cmf('log-artifact', path, '--output', '-e', id, '--type', type);
  cmf('finish', '-e', id);
  console.log();
}

/** Runs a stage's program and returns what it printed: a JSON object a line. */
function runProgram(shell, site, stage, params) {
  const options = stage.params.flatMap((name) => [`--${name.replaceAll('_', '-')}`, String(params[name])]);
  const printed = shell.run(site, ['node', `stages/${stage.name}.js`, ...stage.paths, ...options]);
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** {"epoch": 2, "loss": …} becomes loss=… --step 2. */
function metricWords({ epoch, ...metrics }) {
  const pairs = Object.entries(metrics).map(([name, value]) => `${name}=${value}`);
  return epoch === undefined ? pairs : [...pairs, '--step', String(epoch)];
}
