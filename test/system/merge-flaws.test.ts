/**
 * The 26 flaws of the merge in HPE's Common Metadata Framework (M1 to M26), one test each, that none of them is here.
 *
 * What each flaw was is said in the test's name; the test records with the real program at real clones and looks at what
 * arrives elsewhere. Most tests share one central repository and two sites, each test with a pipeline of its own.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Clone, openClone } from '../../src/app/clone.ts';
import { finishExecution, recordNow, startExecution } from '../../src/app/executions.ts';
import { openContext } from '../../src/compose.ts';
import type { EntryDraft } from '../../src/domain/entry.ts';
import type { ExecutionView } from '../../src/domain/execution-view.ts';
import { pipelineId, stageId } from '../../src/domain/ids.ts';
import { displayValue } from '../../src/domain/value.ts';
import type { View } from '../../src/domain/view.ts';
import { commitPath, crashAtGitCall } from '../helpers/crashes.ts';
import { git } from '../helpers/sealed-git.ts';
import {
  cmf,
  digestAt,
  makeCentral,
  makeSite,
  makeSites,
  md5Of,
  mergedTree,
  objectsIn,
  record,
  recordRun,
  settle,
  viewAt,
} from '../helpers/sites.ts';

const SILENT = { warn: () => undefined, note: () => undefined, progress: () => undefined };
const HOUR_MS = 3_600_000;

type World = { readonly central: string; readonly a: string; readonly b: string };

let shared: Promise<World> | undefined;

async function makeWorld(): Promise<World> {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  return { central, a, b };
}

/** The central repository and the two sites that most tests use. */
function world(): Promise<World> {
  shared ??= makeWorld();
  return shared;
}

/** Pushes from one site, waits for the merge and pulls at the other. */
async function send({ central, a, b }: World, from: 'a' | 'b'): Promise<void> {
  const [sender, receiver] = from === 'a' ? [a, b] : [b, a];
  await cmf(sender, ['push', '--quiet']);
  await settle(central);
  await cmf(receiver, ['pull', '--quiet']);
}

/** After it, both sites and the central repository know the same. */
async function exchange(all: World): Promise<void> {
  await cmf(all.a, ['push', '--quiet']);
  await send(all, 'b');
  await cmf(all.b, ['pull', '--quiet']);
}

/** An execution in all detail, as `git cmf show` prints it. */
async function shown(place: string, execution: string): Promise<string> {
  return (await cmf(place, ['show', execution, '--json'])).stdout;
}

function executionIn(view: View, id: string): ExecutionView {
  const found = [...view.executions.values()].find((execution) => execution.id === id);
  if (found === undefined) throw new Error(`execution ${id} is not there`);
  return found;
}

async function executionAt(place: string, id: string): Promise<ExecutionView> {
  return executionIn(await viewAt(place), id);
}

/** The executions of a pipeline, oldest first. */
async function runsOf(place: string, pipeline: string): Promise<ExecutionView[]> {
  const id = pipelineId('', pipeline);
  return [...(await viewAt(place)).executions.values()].filter((execution) => execution.pipeline === id);
}

function field(execution: ExecutionView, name: string): string | undefined {
  const value = execution.fields.get(name)?.[0]?.value;
  return value === undefined ? undefined : displayValue(value);
}

async function start(site: string, pipeline: string, stage = 'train'): Promise<string> {
  return (await cmf(site, ['start', '-p', pipeline, '-s', stage])).stdout.trim();
}

/** Works as the clone itself, with a clock that is wrong by so much. */
async function asClone(site: string, work: (clone: Clone) => unknown, skewMs = 0): Promise<void> {
  const context = await openContext(site, process, SILENT);
  try {
    const effects = { ...context.effects, nowMs: () => context.effects.nowMs() + skewMs };
    await work(openClone({ ...context, effects }));
  } finally {
    await context.repository.close();
  }
}

function propertyOfPipeline(pipeline: string, owner: string): EntryDraft {
  const id = pipelineId('', pipeline);
  return { bucket: id, subject: { kind: 'pipeline', id }, operation: { kind: 'set', values: { 'prop.owner': owner } } };
}

const flaws = suite('system: the flaws M1 to M26 are not here');

flaws('M1: what is logged after the first push of a run arrives with the next push', async () => {
  const { central, a, b } = await world();
  const id = await start(a, 'M1');
  await send({ central, a, b }, 'a');
  await cmf(a, ['log-metric', 'auc=0.9', '-e', id]);
  await record(a, [{ op: 'use', execution: id, direction: 'output', path: 'm', digests: [md5Of('m')] }]);
  await cmf(a, ['finish', '-e', id]);
  await send({ central, a, b }, 'a');
  for (const place of [central, b]) {
    const run = await executionAt(place, id);
    assert.equal([run.status, run.uses.length, run.metrics.size], ['succeeded', 1, 1]);
  }
});

flaws('M2: changed properties of a known execution arrive, also from another site that resumed it', async () => {
  const all = await world();
  const id = await recordRun(all.a, { pipeline: 'M2', params: { lr: 0.1 } });
  await send(all, 'a');
  await cmf(all.b, ['resume', id]);
  await cmf(all.b, ['log-param', '-e', id, 'lr=0.2']);
  await cmf(all.b, ['finish', '-e', id]);
  await send(all, 'b');
  for (const place of [all.central, all.a]) {
    const run = await executionAt(place, id);
    assert.equal([field(run, 'param.lr'), run.fields.get('param.lr')?.length, run.attempts.length], ['0.2', 1, 2]);
  }
});

flaws('M3: a refused push is no success: it says what was refused and why, and the rest is untouched', async () => {
  const { central, a } = await makeWorld();
  await recordRun(a, { pipeline: 'M3' });
  await cmf(a, ['push']);
  await settle(central);
  const before = await digestAt(central);
  const { writer } = await commitPath(a, 'seg/strange', 'not a segment');
  const refused = await cmf(a, ['push'], { expectExit: 4 });
  assert.match(refused.stderr, new RegExp(`^error: .*${writer}`, 'm'));
  assert.match(refused.stderr, /seg\/strange/);
  assert.match(refused.stderr, /^hint: /m);
  assert.is(await digestAt(central), before);
});

flaws('M4: events of an execution that is not known stay with it and go to no other', async () => {
  const { a, b } = await makeWorld();
  const plain = await makeCentral({ hooks: false });
  const known = await recordRun(a, { pipeline: 'M4', stage: 'first' });
  const unknown = await start(a, 'M4', 'second');
  await cmf(a, ['push', plain]);
  await cmf(b, ['pull', plain]);
  const use = { op: 'use', direction: 'output', path: 'late.bin', digests: [md5Of('late')] };
  await record(b, [{ ...use, execution: unknown }]);
  const onlyB = await makeCentral({ hooks: false });
  await recordRun(b, { pipeline: 'M4', stage: 'third' });
  await cmf(b, ['push', onlyB]);
  const reader = await makeSite(onlyB);
  await cmf(reader, ['pull']);
  const view = await viewAt(reader);
  assert.equal(
    executionIn(view, unknown).uses.map(({ operation }) => operation.path),
    ['late.bin'],
  );
  const others = [...view.executions.values()].filter(({ id }) => id !== unknown);
  assert.equal([others.length, others.flatMap(({ uses }) => uses).length], [1, 0]);
  await cmf(reader, ['pull', plain]);
  assert.is((await executionAt(reader, known)).uses.length, 0);
});

flaws(
  'M5: an execution whose stage is not known lands in no other stage, and in its own when that is learned',
  async () => {
    const { a, b } = await makeWorld();
    const plain = await makeCentral({ hooks: false });
    const id = await start(a, 'M5', 'second');
    await cmf(a, ['push', plain]);
    await cmf(b, ['pull', plain]);
    await cmf(b, ['log-metric', '-e', id, 'auc=1']);
    await recordRun(b, { pipeline: 'M5', stage: 'first' });
    const onlyB = await makeCentral({ hooks: false });
    await cmf(b, ['push', onlyB]);
    const reader = await makeSite(onlyB);
    await cmf(reader, ['pull']);
    const before = await executionAt(reader, id);
    assert.equal([before.pipeline, before.stage], [undefined, undefined]);
    await cmf(reader, ['pull', plain]);
    const pipeline = pipelineId('', 'M5');
    assert.is((await executionAt(reader, id)).stage, stageId('', pipeline, 'second'));
  },
);

flaws('M6: what one site records never changes what is known of another site’s execution', async () => {
  const all = await world();
  const ours = await recordRun(all.a, { pipeline: 'M6', params: { lr: 0.1 } });
  await send(all, 'a');
  const before = await shown(all.central, ours);
  for (let i = 0; i < 3; i++) await recordRun(all.b, { pipeline: 'M6', params: { lr: i } });
  await send(all, 'b');
  for (const place of [all.central, all.a, all.b]) assert.is(await shown(place, ours), before);
});

flaws('M7: names of pipeline, stage and type arrive as they were', async () => {
  const all = await world();
  const use = { direction: 'output', path: 'm', digests: [md5Of('M7')], type: 'Train-execution' };
  const id = await recordRun(all.a, { pipeline: 'M7/Test-env', stage: 'Test-env/Train', uses: [use] });
  await send(all, 'a');
  const run = await executionAt(all.b, id);
  assert.equal(run.identity[0]?.value, { namespace: '', pipeline: 'M7/Test-env', stage: 'Test-env/Train' });
  assert.is(run.uses[0]?.fields.get('type')?.[0]?.value, 'Train-execution');
});

flaws('M8: properties of a pipeline arrive', async () => {
  const all = await world();
  await recordRun(all.a, { pipeline: 'M8' });
  await asClone(all.a, (clone) => recordNow(clone, [propertyOfPipeline('M8', 'Ada')]));
  await send(all, 'a');
  for (const place of [all.central, all.b]) {
    const pipeline = (await viewAt(place)).pipelines.find(({ name }) => name === 'M8');
    assert.is(pipeline?.fields.get('prop.owner')?.[0]?.value, 'Ada');
  }
});

flaws('M9: properties of a stage can change after it was first seen', async () => {
  const all = await world();
  await recordRun(all.a, { pipeline: 'M9' });
  const pipeline = pipelineId('', 'M9');
  const id = stageId('', pipeline, 'train');
  for (const note of ['first', 'second']) {
    const draft: EntryDraft = {
      bucket: pipeline,
      subject: { kind: 'stage', id },
      operation: { kind: 'set', values: { 'prop.note': note } },
    };
    await asClone(all.a, (clone) => recordNow(clone, [draft]));
    await send(all, 'a');
    for (const place of [all.central, all.b]) {
      const stages = (await viewAt(place)).pipelines.find(({ name }) => name === 'M9')?.stages;
      assert.equal(
        stages?.map(({ fields }) => fields.get('prop.note')?.map(({ value }) => value)),
        [[note]],
      );
    }
  }
});

flaws('M10: the time of an event and the name of an artifact are those that were recorded', async () => {
  const all = await world();
  const use = { direction: 'input', path: 'raw/in.csv', name: 'my data', digests: [md5Of('M10')] };
  const id = await recordRun(all.a, { pipeline: 'M10', uses: [use] });
  const before = await shown(all.a, id);
  await send(all, 'a');
  for (const place of [all.central, all.b]) assert.is(await shown(place, id), before);
  assert.match(before, /my data/);
});

flaws('M11: the time of creation survives every hop', async () => {
  const all = await world();
  const id = await recordRun(all.a, { pipeline: 'M11' });
  await send(all, 'a');
  const hub = await makeCentral();
  const journals = (
    await git(['for-each-ref', '--format=%(refname:lstrip=3)', 'refs/cmf/journal/'], { cwd: all.central })
  ).stdout
    .trim()
    .split('\n');
  const specs = journals.map((writer) => `refs/cmf/journal/${writer}:refs/cmf/in/${writer}`);
  await git(['push', '--quiet', hub, ...specs], { cwd: all.central });
  await cmf(hub, ['server', 'merge']);
  const far = await makeSite(hub);
  await cmf(far, ['pull']);
  assert.is(await shown(far, id), await shown(all.a, id));
  assert.is(await digestAt(far), await digestAt(all.central));
});

flaws('M12: a colon in a path or in a metric’s name cuts nothing off', async () => {
  const all = await world();
  const paths = ['d/v', 'd/v:1', 'd/v:2', 's3://bucket/key'];
  const id = await recordRun(all.a, {
    pipeline: 'M12',
    metrics: { val: 1, 'val:top1': 2, 'val:top5': 3 },
    uses: paths.map((path) => ({ direction: 'output', path, digests: [md5Of(path)] })),
  });
  await send(all, 'a');
  const run = await executionAt(all.b, id);
  assert.equal(run.uses.map(({ operation }) => operation.path).sort(), paths);
  assert.equal(
    [...run.metrics].map(([name, points]) => [name, points[0]?.values[0]?.value.value]),
    [
      ['val', 1],
      ['val:top1', 2],
      ['val:top5', 3],
    ],
  );
});

flaws('M13: types of any name arrive', async () => {
  const all = await world();
  const types = ['Dataset', 'Validation_output', 'my own/type', 'Ω'];
  const id = await start(all.a, 'M13');
  for (const type of types) {
    writeFileSync(join(all.a, `M13-${types.indexOf(type)}`), type);
    await cmf(all.a, ['log-artifact', `M13-${types.indexOf(type)}`, '--output', '--type', type, '-e', id]);
  }
  await send(all, 'a');
  const { uses } = await executionAt(all.b, id);
  assert.equal(
    uses.map(({ fields }) => fields.get('type')?.[0]?.value),
    types,
  );
});

flaws('M14: two pushes at once that share a new artifact both keep their events', async () => {
  const { central, a, b } = await world();
  const use = { direction: 'output', path: 'shared.bin', digests: [md5Of('M14')] };
  const ids = [
    await recordRun(a, { pipeline: 'M14 a', uses: [use] }),
    await recordRun(b, { pipeline: 'M14 b', uses: [use] }),
  ];
  await Promise.all([a, b].map((site) => cmf(site, ['push', '--quiet'])));
  await settle(central);
  const view = await viewAt(central);
  assert.equal(
    ids.map((id) => executionIn(view, id).uses.map(({ operation }) => operation.path)),
    [['shared.bin'], ['shared.bin']],
  );
});

flaws('M15: a second push of the same bytes keeps its own type and properties, models and datasets alike', async () => {
  const all = await world();
  const expected: string[][] = [];
  const found: (string | undefined)[][] = [];
  for (const type of ['model', 'dataset']) {
    for (const [site, framework] of [
      [all.a, 'torch'],
      [all.b, 'jax'],
    ] as const) {
      const use = { direction: 'output', path: 'x', digests: [md5Of(`M15 ${type}`)], type, props: { framework } };
      const id = await recordRun(site, { pipeline: 'M15', uses: [use] });
      await send(all, site === all.a ? 'a' : 'b');
      const fields = (await executionAt(all.central, id)).uses[0]?.fields;
      expected.push([type, framework]);
      found.push([fields?.get('type')?.[0]?.value, fields?.get('prop.framework')?.[0]?.value].map(String));
    }
  }
  assert.equal(found, expected);
});

flaws('M16: an output stays an output, and logging it twice is one event', async () => {
  const all = await world();
  const use = { path: 'slice', digests: [md5Of('M16')], type: 'dataslice' };
  const made = await recordRun(all.a, {
    pipeline: 'M16',
    uses: [
      { ...use, direction: 'output' },
      { ...use, direction: 'output' },
    ],
  });
  await send(all, 'a');
  const read = await recordRun(all.b, { pipeline: 'M16', uses: [{ ...use, direction: 'input' }] });
  await send(all, 'b');
  const view = await viewAt(all.central);
  const directions = (id: string) => executionIn(view, id).uses.map(({ operation }) => operation.direction);
  assert.equal([directions(made), directions(read)], [['output'], ['input']]);
});

flaws('M17: equal curves of two runs stay two', async () => {
  const all = await world();
  const lines = (pipeline: string) => [
    { op: 'start', pipeline, stage: 'train' },
    ...[1, 2, 3].map((step) => ({ op: 'metric', values: { loss: 1 / step }, step })),
    { op: 'finish' },
  ];
  const ids = [...(await record(all.a, lines('M17'))), ...(await record(all.b, lines('M17')))];
  await exchange(all);
  const view = await viewAt(all.central);
  assert.equal(
    ids.map((id) => executionIn(view, id).metrics.get('loss')?.length),
    [3, 3],
  );
});

flaws('M18: an execution with several attempts is one execution', async () => {
  const all = await world();
  const id = await recordRun(all.a, { pipeline: 'M18' });
  await send(all, 'a');
  for (const name of ['a', 'b', 'a'] as const) {
    await cmf(all[name], ['resume', id]);
    await cmf(all[name], ['finish', '-e', id]);
    await send(all, name);
  }
  for (const place of [all.central, all.a, all.b]) {
    const runs = await runsOf(place, 'M18');
    assert.equal([runs.length, runs[0]?.attempts.length], [1, 4]);
  }
});

flaws('M19: pushing and pulling again changes nothing', async () => {
  const all = await world();
  const id = await recordRun(all.a, { pipeline: 'M19' });
  await cmf(all.a, ['resume', id]);
  await cmf(all.a, ['finish', '-e', id]);
  await send(all, 'a');
  const before = [await digestAt(all.central), await mergedTree(all.central), await digestAt(all.b)];
  await exchange(all);
  await cmf(all.central, ['server', 'merge']);
  assert.equal([await digestAt(all.central), await mergedTree(all.central), await digestAt(all.b)], before);
});

flaws(
  'M20: a push of several pipelines brings all of them, and says truly whether there was anything new',
  async () => {
    const { central, a } = await world();
    for (const pipeline of ['M20 a', 'M20 b', 'M20 c']) await recordRun(a, { pipeline });
    assert.match((await cmf(a, ['push'])).stdout, /^Pushed /);
    assert.match((await cmf(a, ['push'])).stdout, /everything already/);
    await recordRun(a, { pipeline: 'M20 b' });
    assert.match((await cmf(a, ['push'])).stdout, /^Pushed /);
    await settle(central);
    const counts = ['M20 a', 'M20 b', 'M20 c'].map(async (pipeline) => (await runsOf(central, pipeline)).length);
    assert.equal(await Promise.all(counts), [1, 2, 1]);
  },
);

flaws('M21: a clock that is hours wrong loses nothing', async () => {
  const all = await makeWorld();
  const request = { namespace: '', pipeline: 'M21', stage: 'train', params: new Map(), props: new Map() };
  const run = async (clone: Clone): Promise<void> => {
    const { execution, attempt, bucket } = await startExecution(clone, request);
    await finishExecution(clone, { target: { execution, attempt, bucket }, view: undefined }, { status: 'succeeded' });
  };
  for (const [hoursOfA, hoursOfB] of [
    [0, -9000],
    [20, 0],
    [-1, 2],
  ] as const) {
    await asClone(all.a, run, hoursOfA * HOUR_MS);
    await asClone(all.b, run, hoursOfB * HOUR_MS);
    await exchange(all);
  }
  for (const place of [all.central, all.a, all.b]) assert.is((await runsOf(place, 'M21')).length, 6);
  assert.is(await digestAt(all.a), await digestAt(all.b));
});

flaws('M22: labels, tags and the environment travel with the records, and are fetched once', async () => {
  const all = await world();
  const digest = md5Of('M22');
  const use = { direction: 'output', path: 'labels.csv', digests: [digest], type: 'label', props: { classes: 10 } };
  const id = await recordRun(all.a, { pipeline: 'M22', uses: [use] });
  const tag: EntryDraft = {
    bucket: '_',
    subject: { kind: 'artifact', id: digest },
    operation: { kind: 'tag.add', tags: ['golden'] },
  };
  await asClone(all.a, (clone) => recordNow(clone, [tag]));
  await send(all, 'a');
  const view = await viewAt(all.b);
  const run = executionIn(view, id);
  assert.is(run.uses[0]?.fields.get('prop.classes')?.[0]?.value, 10);
  assert.ok(Object.keys(run.latest?.facts.environment ?? {}).length > 0);
  assert.equal(view.tagsOf(`artifact:${digest}`), ['golden']);
  const before = await objectsIn(all.b);
  await cmf(all.b, ['pull']);
  assert.equal(await objectsIn(all.b), before);
});

flaws('M23: a push carries all that is new beside what is known, never less than it says', async () => {
  const all = await world();
  const old = await start(all.a, 'M23');
  await send(all, 'a');
  const young = await recordRun(all.a, { pipeline: 'M23' });
  await cmf(all.a, ['finish', '-e', old]);
  assert.match((await cmf(all.a, ['push'])).stdout, /^Pushed /);
  await settle(all.central);
  const view = await viewAt(all.central);
  assert.equal(
    [old, young].map((id) => executionIn(view, id).status),
    ['succeeded', 'succeeded'],
  );
});

flaws('M24: nothing is answered from an old state: each of two pushes in a row is seen at once', async () => {
  const { central, a } = await world();
  for (let i = 1; i <= 3; i++) {
    const id = await recordRun(a, { pipeline: 'M24', stage: `stage ${i}` });
    await cmf(a, ['push']);
    await settle(central);
    assert.match((await cmf(central, ['show', id])).stdout, new RegExp(`stage ${i}`));
    assert.is((await runsOf(central, 'M24')).length, i);
  }
});

flaws('M25: whatever dies during a push, the next one brings everything', async () => {
  const { central, a, b } = await makeWorld();
  for (const hook of ['pre-receive', 'post-receive']) {
    await recordRun(a, { pipeline: 'M25', params: { hook } });
    const path = join(central, 'hooks', hook);
    const original = readFileSync(path);
    writeFileSync(path, '#!/bin/sh\nkill -9 $PPID\n');
    chmodSync(path, 0o755);
    await cmf(a, ['push'], { expectExit: 'any' });
    writeFileSync(path, original);
  }
  for (let call = 1; call <= 12; call++) {
    await recordRun(a, { pipeline: 'M25', params: { call } });
    await crashAtGitCall(a, ['push'], call);
    await crashAtGitCall(central, ['server', 'merge'], call);
  }
  await recordRun(b, { pipeline: 'M25', params: { last: true } });
  await exchange({ central, a, b });
  for (const place of [central, a, b]) assert.is((await runsOf(place, 'M25')).length, 15);
  assert.is(await digestAt(a), await digestAt(central));
  await cmf(central, ['fsck']);
});

flaws('M26: a push carries what is new, however long the history is', async () => {
  const plain = await makeCentral({ hooks: false });
  const site = await makeSite(plain);
  const costs: number[] = [];
  for (const runs of [1, 1, 30, 1]) {
    for (let i = 0; i < runs; i++) await recordRun(site, { pipeline: `M26 ${i % 3}` });
    const before = await objectsIn(plain);
    await cmf(site, ['push']);
    costs.push((await objectsIn(plain)).size - before.size);
  }
  // One commit, one segment, and the folders above it.
  for (const cost of [costs[1], costs[3]]) assert.ok(cost !== undefined && cost <= 8, `${costs}`);
});

flaws.run();
