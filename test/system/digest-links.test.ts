/**
 * What names a content: known here by BLAKE3 and MD5 and there by MD5 alone, it is one artifact everywhere; two contents with
 * one MD5 are two, everywhere, and what only the MD5 names is said to be ambiguous.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
import { writeHistory } from '../helpers/dvc-history.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { cmf, digestAt, makeCentral, makeSites, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: digest links');

/** X. Wang, D. Feng, X. Lai, H. Yu: Collisions for Hash Functions MD4, MD5, HAVAL-128 and RIPEMD, 2004. */
const WANG = [
  'd131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89' +
    '55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b' +
    'd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0' +
    'e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70',
  'd131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89' +
    '55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b' +
    'd8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0' +
    'e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70',
].map((hex) => Buffer.from(hex, 'hex'));
const WANG_MD5 = '79054025255fb1a26e4bc422aef54eb4';

async function meet(central: string, sites: readonly string[]): Promise<void> {
  for (const site of sites) await cmf(site, ['push']);
  await settle(central);
  for (const site of sites) await cmf(site, ['pull']);
}

async function logFile(site: string, path: string, bytes: Uint8Array): Promise<{ md5: string; blake3: string }> {
  writeFileSync(join(site, path), bytes);
  const { stdout } = await cmf(site, ['log-artifact', '--output', path, '-p', 'churn', '-s', 'make']);
  const [, md5 = '', blake3 = ''] = /^md5:(\w+) blake3:(\w+) /.exec(stdout) ?? [];
  return { md5, blake3 };
}

/** What a command prints, the same at every place. */
async function sameEverywhere(places: readonly string[], args: readonly string[]): Promise<string> {
  const printed = new Set<string>();
  for (const place of places) printed.add((await cmf(place, args)).stdout);
  assert.is(printed.size, 1, `${args.join(' ')}: ${[...printed].join('\n--\n')}`);
  return [...printed].join('');
}

type Item = { readonly digests: readonly string[]; readonly ambiguous: boolean; readonly written: number };

function artifactsIn(json: string): Item[] {
  return [...(JSON.parse(json) as { items: readonly Item[] }).items];
}

it('a content that DVC knows by MD5 and git cmf by BLAKE3 too is one artifact at every site', async () => {
  const central = await makeRepository({ bare: true });
  const bytes = Buffer.from('a,1\nb,2\n');
  const pointer = `outs:\n- md5: ${md5Hex(bytes)}\n  size: 8\n  hash: md5\n  path: raw.csv\n`;
  const files = { 'raw.csv.dvc': pointer, '.gitignore': '/raw.csv\n' };
  await writeHistory(central, [{ subject: 'c0', timeSeconds: 1_700_000_000, parents: [], files }]);
  await cmf(central, ['server', 'install']);
  const sites = await makeSites(central, 2);
  const [here = '', there = ''] = sites;
  const { md5, blake3 } = await logFile(here, 'copy.csv', bytes);
  await cmf(there, ['import', 'dvc', '-p', 'churn', '-q']);
  await meet(central, sites);
  const places = [central, ...sites];
  const list = artifactsIn(await sameEverywhere(places, ['list', 'artifacts', '--json']));
  assert.equal(
    list.map(({ digests, ambiguous, written }) => [digests, ambiguous, written]),
    [[[`blake3:${blake3}`, `md5:${md5}`], false, 2]],
  );
  const byWeak = await sameEverywhere(places, ['show', `md5:${md5}`]);
  assert.is(byWeak, await sameEverywhere(places, ['show', `blake3:${blake3}`]));
  assert.match(byWeak, 'raw.csv');
  assert.match(byWeak, 'copy.csv');
  assert.is(new Set([await digestAt(here), await digestAt(there), await digestAt(central)]).size, 1);
});

it('two contents with one MD5 are two artifacts, and ambiguous at every site alike', async () => {
  assert.equal(WANG.map(md5Hex), [WANG_MD5, WANG_MD5]);
  const central = await makeCentral();
  const sites = await makeSites(central, 3);
  const names = [];
  for (const [i, bytes] of WANG.entries()) names.push(await logFile(sites[i] ?? '', `data${i}.bin`, bytes));
  assert.equal(
    names.map(({ md5 }) => md5),
    [WANG_MD5, WANG_MD5],
  );
  // Before they meet, each is what it is.
  assert.not.match((await cmf(sites[0] ?? '', ['list', 'artifacts'])).stdout, 'ambiguous');
  // A third site knows nothing but the MD5, as an import from DVC does.
  await recordRun(sites[2] ?? '', { uses: [{ direction: 'input', path: 'either.bin', digests: [`md5:${WANG_MD5}`] }] });
  await meet(central, sites);
  const places = [central, ...sites];

  const list = artifactsIn(await sameEverywhere(places, ['list', 'artifacts', '--json']));
  assert.equal(
    list.map(({ digests, ambiguous, written }) => [digests[0], ambiguous, written]).sort(),
    names.map(({ blake3 }) => [`blake3:${blake3}`, true, 1]).sort(),
  );
  const text = await sameEverywhere(places, ['list', 'artifacts']);
  assert.is(text.match(/\(ambiguous\)/g)?.length, 2);
  const shown = await sameEverywhere(places, ['show', `md5:${WANG_MD5}`]);
  assert.is(shown.match(/also names another content/g)?.length, 2);
  for (const { blake3 } of names) {
    assert.match(shown, blake3);
    assert.match(await sameEverywhere(places, ['show', `blake3:${blake3}`]), 'also names another content');
    const up = await sameEverywhere(places, ['lineage', `blake3:${blake3}`]);
    assert.match(up, 'ambiguous: one of its digests also names another content');
  }
  assert.is(new Set(await Promise.all(places.map(digestAt))).size, 1);
});

it('a work tree that holds both files of a collision never takes one for the other', async () => {
  const central = await makeCentral();
  const [site = ''] = await makeSites(central, 1);
  const [first, second] = WANG as [Buffer, Buffer];
  const one = await logFile(site, 'data.bin', first);
  const pointerOf = (name: string): string => readFileSync(join(site, `${name}.dvc`), 'utf8');
  assert.match(pointerOf('data.bin'), one.blake3);
  // The same path, size and MD5, other bytes: the pointer names the new content, and an input is not said to be the old one.
  writeFileSync(join(site, 'data.bin'), second);
  await cmf(site, ['log-artifact', '--input', 'data.bin', '-p', 'churn', '-s', 'read']);
  const pointer = pointerOf('data.bin');
  assert.match(pointer, WANG_MD5);
  assert.not.match(pointer, one.blake3);
  const { stdout } = await cmf(site, ['list', 'executions', '--where', 'stage = read', '--json']);
  const [run] = (JSON.parse(stdout) as { items: readonly { id: string }[] }).items;
  const shown = JSON.parse((await cmf(site, ['show', run?.id ?? '', '--json'])).stdout) as {
    inputs: readonly { digests: readonly string[]; from: string | null }[];
  };
  assert.is(shown.inputs[0]?.from, null);
  assert.not.ok(shown.inputs[0]?.digests.includes(`blake3:${one.blake3}`));
  assert.ok(shown.inputs[0]?.digests.includes(`md5:${WANG_MD5}`));
});

it.run();
