/**
 * Odd names, odd values and odd bytes come back as they went in: through every command that records, out of every one
 * that reads, here and, after push and pull, at another site.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import type { Field } from '../../src/domain/field.ts';
import type { StoredValue } from '../../src/domain/value.ts';
import { runSealed } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, inParallel, makeCentral, makeSites, md5Of, record, settle, viewAt } from '../helpers/sites.ts';

/** Names that a person or a program may give to anything. */
const NAMES: readonly string[] = [
  'val:top1',
  'a,b;c',
  'a/b/../c//d',
  'it\'s "quoted" `x` $HOME \\ %s',
  '"quoted"',
  "'quoted'",
  '  spaces  inside and around  ',
  '🦊🧪👩‍🔬',
  'שלום עולם',
  'مرحبا (abc) ١٢٣',
  '日本語',
  'Ω≈ç√∫',
  '-leading',
  '--param',
  '__proto__',
  'constructor',
  'toString',
  '$num',
  '$$bytes',
  'a.b.c',
  '*?[x]!#',
  '0',
  '1e3',
  'true',
  'null',
  'tab\there',
  'two\nlines',
  'x'.repeat(4096),
];

/** Text of a value on the command line, and what it means. */
const VALUES: readonly (readonly [string, StoredValue])[] = [
  ['0.1', 0.1],
  ['1e-9', 1e-9],
  ['42', 42],
  ['-7', -7],
  ['-0', { $num: '-0' }],
  ['1.0', { $num: '1.0' }],
  ['1E5', { $num: '1E5' }],
  ['9223372036854775808', { $num: '9223372036854775808' }],
  ['0.1000000000000000055511151231257827', { $num: '0.1000000000000000055511151231257827' }],
  ['nan', { $num: 'NaN' }],
  ['NaN', { $num: 'NaN' }],
  ['inf', { $num: 'Infinity' }],
  ['-inf', { $num: '-Infinity' }],
  ['true', true],
  ['false', false],
  ['null', null],
  ['', ''],
  ['text', 'text'],
  ['"0.1"', '0.1'],
  ['a=b=c', 'a=b=c'],
  ['{not json', '{not json'],
  ['007', '007'],
  ['+1', '+1'],
  ['[1,[2,[]],{"a":{"b":[null,1.0]}}]', [1, [2, []], { a: { b: [null, { $num: '1.0' }] } }]],
  ['{"$num":"5","$x":1}', { $$num: '5', $$x: 1 }],
  ['  spaced ', '  spaced '],
  ['שלום 🦊', 'שלום 🦊'],
];

type Sites = { readonly a: string; readonly b: string; readonly central: string };

let shared: Promise<Sites> | undefined;

async function makeShared(): Promise<Sites> {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  return { a, b, central };
}

function sites(): Promise<Sites> {
  shared ??= makeShared();
  return shared;
}

/** The execution as both sites know it, after push and pull; their documents must be the same to the byte. */
async function atBothSites(id: string): Promise<{ readonly run: ExecutionView; readonly document: unknown }> {
  const { a, b, central } = await sites();
  const document = (await cmf(a, ['show', id, '--json'])).stdout;
  const text = (await cmf(a, ['show', id])).stdout;
  await cmf(a, ['push', '--quiet']);
  await settle(central);
  await cmf(b, ['pull', '--quiet']);
  assert.is((await cmf(b, ['show', id, '--json'])).stdout, document);
  assert.is((await cmf(b, ['show', id])).stdout, text);
  const run = [...(await viewAt(b)).executions.values()].find((execution) => execution.id === id);
  if (run === undefined) throw new Error(`execution ${id} did not arrive`);
  return { run, document: JSON.parse(document) };
}

async function start(site: string, ...more: readonly string[]): Promise<string> {
  return (await cmf(site, ['start', '-p', 'odd', '-s', 'values', ...more])).stdout.trim();
}

function shown(field: Field<StoredValue> | undefined): StoredValue | undefined {
  return field?.[0]?.value;
}

/** Every value that stands in a document under a name: as a member, or beside a `name`. */
function valuesIn(document: unknown, name: string): unknown[] {
  if (Array.isArray(document)) return document.flatMap((item) => valuesIn(item, name));
  if (typeof document !== 'object' || document === null) return [];
  const own = Object.hasOwn(document, name) ? [(document as Record<string, unknown>)[name]] : [];
  const beside = 'name' in document && document.name === name && 'value' in document ? [document.value] : [];
  return [...own, ...beside, ...Object.values(document).flatMap((value) => valuesIn(value, name))];
}

/** All texts in a document: members' names and values. */
function textsIn(document: unknown): string[] {
  if (typeof document === 'string') return [document];
  if (Array.isArray(document)) return document.flatMap(textsIn);
  if (typeof document !== 'object' || document === null) return [];
  return [...Object.keys(document), ...Object.values(document).flatMap(textsIn)];
}

function assertIn(document: unknown, name: string, expected: StoredValue): void {
  const found = valuesIn(document, name).map((value) => JSON.stringify(value));
  assert.ok(found.includes(JSON.stringify(expected)), `${name}: ${JSON.stringify(expected)} is not among ${found}`);
}

const values = suite('system: odd values');

const named = (
  texts: readonly (readonly [string, StoredValue])[],
): readonly (readonly [string, string, StoredValue])[] => texts.map(([text, stored], i) => [`v${i}`, text, stored]);

values('as parameters: start, log-param, --param-string', async () => {
  const { a } = await sites();
  const id = await start(a, ...named(VALUES).flatMap(([name, text]) => ['--param', `${name}=${text}`]));
  await cmf(a, ['log-param', '-e', id, ...named(VALUES).map(([name, text]) => `again ${name}=${text}`)]);
  const texts = named(VALUES).map(([name, text]) => `--param-string=text ${name}=${text}`);
  await cmf(a, ['log-param', '-e', id, ...texts]);
  const { run, document } = await atBothSites(id);
  for (const [name, text, stored] of named(VALUES)) {
    for (const [field, expected] of [
      [name, stored],
      [`again ${name}`, stored],
      [`text ${name}`, text],
    ] as const) {
      assert.equal(shown(run.fields.get(`param.${field}`)), expected);
      assertIn(document, field, expected);
    }
  }
});

values('as metrics', async () => {
  const { a } = await sites();
  const id = await start(a);
  await cmf(a, ['log-metric', '-e', id, '--step', '3', ...named(VALUES).map(([name, text]) => `${name}=${text}`)]);
  const { run, document } = await atBothSites(id);
  for (const [name, , stored] of named(VALUES)) {
    const [point] = run.metrics.get(name) ?? [];
    assert.equal([point?.step, point?.values[0]?.value.value], [3, stored]);
    assert.ok(JSON.stringify(valuesIn(document, name)).includes(JSON.stringify(stored)), name);
  }
});

values('as properties of an artifact', async () => {
  const { a } = await sites();
  const id = await start(a);
  writeFileSync(join(a, 'props.bin'), 'props\n');
  const props = named(VALUES).map(([name, text]) => `--prop=${name}=${text}`);
  await cmf(a, ['log-artifact', 'props.bin', '--output', '-e', id, ...props]);
  const { run, document } = await atBothSites(id);
  for (const [name, , stored] of named(VALUES)) {
    assert.equal(shown(run.uses[0]?.fields.get(`prop.${name}`)), stored);
    assertIn(document, name, stored);
  }
});

values('through record --stdin', async () => {
  const { a } = await sites();
  const pairs: readonly (readonly [string, StoredValue])[] = [
    ['0.1', 0.1],
    ['1e-9', 1e-9],
    ['-0', { $num: '-0' }],
    ['1.0', { $num: '1.0' }],
    ['9223372036854775808', { $num: '9223372036854775808' }],
    ['{"$num":"NaN"}', { $num: 'NaN' }],
    ['{"$num":"-Infinity"}', { $num: '-Infinity' }],
    ['{"$bytes":"/w=="}', { $bytes: '/w==' }],
    ['{"$num":"no number"}', { $$num: 'no number' }],
    ['"0.1"', '0.1'],
    ['[{"$a":[1.0]}]', [{ $$a: [{ $num: '1.0' }] }]],
    ['null', null],
    ['"\\ud83e\\udd8a"', '🦊'],
  ];
  const object = `{${named(pairs).map(([name, text]) => `"${name}":${text}`)}}`;
  const use = `"op":"use","direction":"input","path":"x","digests":["${md5Of('x')}"],"props":${object}`;
  const lines = [
    `{"op":"start","pipeline":"odd","stage":"stdin","params":${object}}`,
    `{"op":"metric","values":${object}}`,
    `{${use}}`,
    '{"op":"finish"}',
  ];
  const { stdout } = await cmf(a, ['record', '--stdin'], { input: `${lines.join('\n')}\n` });
  const { run, document } = await atBothSites((JSON.parse(stdout) as { execution: string }).execution);
  for (const [name, , stored] of named(pairs)) {
    assert.equal(shown(run.fields.get(`param.${name}`)), stored);
    assert.equal(run.metrics.get(name)?.[0]?.values[0]?.value.value, stored);
    assert.equal(shown(run.uses[0]?.fields.get(`prop.${name}`)), stored);
    assertIn(document, name, stored);
  }
});

values.run();

const names = suite('system: odd names');

names('of pipelines and stages, which list, log, lineage and show give back', async () => {
  const { a, b, central } = await sites();
  const ids = await inParallel(NAMES, 3, async (name) => {
    const args = [`--pipeline=${name}`, `--stage=${name}`, `--param=${name}=1`];
    return (await cmf(a, ['start', ...args])).stdout.trim();
  });
  const digests = ['md5:900150983cd24fb0d6963f7d28e17f72'];
  const uses = ids.map((execution, i) => ({
    op: 'use',
    execution,
    direction: 'output',
    path: NAMES[i],
    name: NAMES[i],
    type: NAMES[i],
    digests,
  }));
  const metrics = ids.map((execution, i) => ({ op: 'metric', execution, values: Object.fromEntries([[NAMES[i], 1]]) }));
  await record(a, [...uses, ...metrics]);
  await cmf(a, ['push', '--quiet']);
  await settle(central);
  await cmf(b, ['pull', '--quiet']);
  for (const args of [
    ['list', 'pipelines'],
    ['list', 'stages'],
    ['list', 'executions'],
    ['list', 'artifacts'],
    ['list', 'metrics'],
    ['log'],
    ['lineage', digests[0] ?? ''],
  ]) {
    const texts = new Set(textsIn(JSON.parse((await cmf(b, [...args, '--json'])).stdout)));
    const missing = NAMES.filter((name) => !texts.has(name) && ![...texts].some((text) => text.endsWith(`.${name}`)));
    assert.equal(missing, [], `git cmf ${args.join(' ')}`);
    assert.is((await cmf(b, args)).stdout.includes('\ufffd'), false);
  }
  const executions = [...(await viewAt(b)).executions.values()];
  for (const [i, name] of NAMES.entries()) {
    const run = executions.find(({ id }) => id === ids[i]);
    assert.equal(run?.identity[0]?.value, { namespace: '', pipeline: name, stage: name });
    assert.is(shown(run?.fields.get(`param.${name}`)), 1);
    assert.is(run?.metrics.get(name)?.[0]?.values[0]?.value.value, 1);
    assert.is(run?.uses[0]?.operation.path, name);
    assert.equal([shown(run?.uses[0]?.fields.get('type')), shown(run?.uses[0]?.fields.get('name'))], [name, name]);
  }
});

names('of one pipeline select it: digest -p and list -p', async () => {
  const { a } = await sites();
  const chosen = ['val:top1', '  spaces  inside and around  ', '🦊🧪👩‍🔬', '-leading', '"quoted"'];
  for (const name of chosen) {
    const document = (await cmf(a, ['list', 'executions', `--pipeline=${name}`, '--json'])).stdout;
    const { items } = JSON.parse(document) as { items: readonly unknown[] };
    assert.is(items.length, 1, name);
    assert.match((await cmf(a, ['digest', `--pipeline=${name}`])).stdout, /\([1-9]\d*\)/);
  }
});

names('of metrics and parameters on the command line, a dash in front included', async () => {
  const { a } = await sites();
  const id = await start(a);
  const usable = NAMES.filter((name) => name.length < 4096);
  await cmf(a, ['log-metric', '-e', id, '--', ...usable.map((name) => `${name}=2`)]);
  await cmf(a, ['log-param', '-e', id, '--', ...usable.map((name) => `${name}=3`)]);
  const { run } = await atBothSites(id);
  for (const name of usable) {
    assert.is(run.metrics.get(name)?.[0]?.values[0]?.value.value, 2, name);
    assert.is(shown(run.fields.get(`param.${name}`)), 3, name);
  }
});

names('that look the same are the same: composed and decomposed letters', async () => {
  const { a } = await sites();
  const [one = '', two = ''] = ['caf\u00e9', 'cafe\u0301'];
  for (const name of [one, two]) await cmf(a, ['start', '-p', name, '-s', name]);
  const { items } = JSON.parse((await cmf(a, ['list', 'executions', '-p', two, '--json'])).stdout) as {
    items: readonly unknown[];
  };
  assert.is(items.length, 2);
});

names('of files, as paths of artifacts', async () => {
  const { a } = await sites();
  const id = await start(a);
  mkdirSync(join(a, 'odd files'));
  const usable = NAMES.filter((name) => !name.includes('/') && name.length < 200);
  for (const name of usable) writeFileSync(join(a, 'odd files', name), `content of ${name}\n`);
  await cmf(join(a, 'odd files'), ['log-artifact', '--output', '-e', id, '--', ...usable]);
  const { run, document } = await atBothSites(id);
  const expected = usable.map((name) => `odd files/${name}`).sort();
  assert.equal(run.uses.map(({ operation }) => String(operation.path)).sort(), expected);
  const texts = new Set(textsIn(document));
  assert.equal(
    expected.filter((path) => !texts.has(path)),
    [],
  );
});

names.run();

const bytes = suite('system: bytes that are no UTF-8');

bytes('in names of files below a logged folder change its digest, and nothing breaks', async () => {
  const { a } = await sites();
  const printed: string[] = [];
  for (const [folder, byte] of [
    ['one', 0xff],
    ['two', 0xfe],
    ['three', 0xff],
  ] as const) {
    mkdirSync(join(a, folder));
    const name = Buffer.concat([Buffer.from(`${join(a, folder)}/f`), Buffer.from([byte])]);
    writeFileSync(name, 'same\n');
    const id = await start(a);
    const { stdout } = await cmf(a, ['log-artifact', folder, '--output', '-e', id]);
    printed.push(stdout.split(' ').find((word) => word.startsWith('blake3-tree:')) ?? stdout);
    const { run } = await atBothSites(id);
    assert.equal([run.uses.length, run.uses[0]?.operation.path], [1, folder]);
  }
  assert.is(printed[0], printed[2]);
  assert.is.not(printed[0], printed[1]);
});

bytes('in paths come through record --stdin as $bytes and back', async () => {
  const { a } = await sites();
  const path = { $bytes: Buffer.from([0x64, 0x2f, 0xff, 0x0a]).toString('base64') };
  const [id = ''] = await record(a, [
    { op: 'start', pipeline: 'odd', stage: 'bytes' },
    { op: 'use', direction: 'input', path, digests: [md5Of('bytes')] },
    { op: 'finish' },
  ]);
  const { run, document } = await atBothSites(id);
  assert.equal(run.uses[0]?.operation.path, path);
  assert.ok(JSON.stringify(document).includes(JSON.stringify(path)));
});

bytes('on the command line are refused with exit 2, and nothing is recorded', async () => {
  const { a } = await sites();
  const id = await start(a);
  const before = (await viewAt(a)).executions.size;
  const bad = '"$(printf "x\\377y")"';
  const calls = [
    `start -p ${bad} -s s`,
    `start -p p -s ${bad}`,
    `start -p p -s s --param ${bad}=1`,
    `start -p p -s s --param a=${bad}`,
    `start -p p -s s --param-string a=${bad}`,
    `start -p p -s s --prop a=${bad}`,
    `start -p p -s s -- echo ${bad}`,
    `log-param -e ${id} a=${bad}`,
    `log-metric -e ${id} ${bad}=1`,
    `log-metric -e ${id} a=${bad}`,
    `log-artifact -e ${id} --input ${bad}`,
    `log-artifact -e ${id} --input train.py --type ${bad}`,
    `log-artifact -e ${id} --input train.py --name ${bad}`,
    `log-artifact -e ${id} --input train.py --prop a=${bad}`,
    `digest -p ${bad}`,
    `list executions -p ${bad}`,
    `show ${bad}`,
  ];
  await inParallel(calls, 3, async (call) => {
    const options = { cwd: a, env: cmfEnv(), expectExit: 'any' } as const;
    const { stdout, stderr, exitCode } = await runSealed('sh', ['-c', `git cmf ${call}`], options);
    assert.is(exitCode, 2, `${call}: ${stdout}${stderr}`);
    assert.match(stderr, /^error: .*not valid UTF-8/m, call);
  });
  const view = await viewAt(a);
  const run = [...view.executions.values()].find((execution) => execution.id === id);
  assert.equal([view.executions.size, run?.uses.length, run?.metrics.size, run?.fields.size], [before, 0, 0, 0]);
});

bytes.run();
