/**
 * Artifacts that are added, sent, fetched, checked out and thrown away while the command is killed. What bears a hash as its
 * name is right at every moment, a file of the work tree is the old one or the new one, and nothing that is needed is gone.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { md5Hex } from '../../src/domain/digest.ts';
import { encodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { parsePointer } from '../../src/domain/dvc-pointer.ts';
import { CLOCK_AHEAD } from '../helpers/clock-ahead.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { makeSite } from '../helpers/sites.ts';
import { objectIn, objectsIn, requireComplete, requireSound, unfinishedIn } from '../helpers/sound-objects.ts';
import type { Attack, Scenario } from './attack.ts';
import { makeWorld, program, type World } from './world.ts';

/** What files hold, by their paths. */
type Texts = Readonly<Record<string, string>>;

/** Longer than what is copied in one piece and checked on its way. */
const LARGE = 3 * 1024 * 1024;
const BEFORE: Texts = { 'data/a': 'A\n', 'data/gone': 'gone\n', 'data/sub/b': 'B\n', 'model.bin': 'm'.repeat(LARGE) };
const AFTER: Texts = { 'data/a': 'A2\n', 'data/new': 'new\n', 'data/sub/b': 'B\n', 'model.bin': 'M'.repeat(LARGE) };

type Place = { readonly world: World; readonly site: string; readonly storage: string };

/** A clone with a storage that lies in no repository, where nothing was added yet. */
async function makePlace(linkType?: string): Promise<Place> {
  const world = await makeWorld(false);
  const storage = makeTempDirectory('storage');
  await program(world.a, ['storage', 'add', 'team', storage, '--default', '-q']);
  if (linkType !== undefined) {
    const config = join(world.a, '.dvc/config');
    writeFileSync(config, `${readFileSync(config, 'utf8')}[cache]\n    type = ${linkType}\n`);
  }
  return { world, site: world.a, storage };
}

function lay(site: string, texts: Texts): void {
  for (const folder of new Set(Object.keys(texts).map((path) => path.split('/')[0] ?? ''))) {
    rmSync(join(site, folder), { recursive: true, force: true });
  }
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  }
}

/** A place where one version was added. */
async function makeAdded(linkType?: string): Promise<Place> {
  const place = await makePlace(linkType);
  lay(place.site, BEFORE);
  await program(place.site, ['artifact', 'add', 'data', 'model.bin']);
  return place;
}

/** Another clone, which has the pointers and none of the bytes. */
async function shared({ world, site, storage }: Place): Promise<Place> {
  await program(site, ['artifact', 'push']);
  await git(['add', '-A'], { cwd: site });
  await git(['commit', '--quiet', '-m', 'pointers'], { cwd: site });
  await git(['push', '--quiet', 'origin', 'HEAD:refs/heads/main'], { cwd: site });
  const there = await makeSite(world.central);
  return { world, site: there, storage };
}

function cacheOf(site: string): string {
  return join(site, '.dvc/cache');
}

/** Pointers parse and, where `isKept` says so, what they name is in the cache. */
function requirePointers(site: string, isKept: boolean): void {
  for (const name of readdirSync(site).filter((one) => one.endsWith('.dvc') && lstatSync(join(site, one)).isFile())) {
    const { outs } = parsePointer(readFileSync(join(site, name), 'utf8'), name);
    if (outs.length !== 1) throw new Error(`${name} names ${outs.length} artifacts`);
    for (const { digest } of outs) {
      const object = `${digest?.value}${digest?.kind.endsWith('-dir') ? '.dir' : ''}`;
      if (isKept && !existsSync(objectIn(cacheOf(site), object))) throw new Error(`${name} names what is not kept`);
    }
  }
}

/** Each file holds what it held in one of the versions; one that is not in all of them may be missing. */
function requireVersions(site: string, versions: readonly Texts[]): void {
  for (const path of new Set(versions.flatMap((one) => Object.keys(one)))) {
    const full = join(site, path);
    const text = existsSync(full) ? readFileSync(full, 'utf8') : undefined;
    if (versions.some((one) => one[path] === text)) continue;
    throw new Error(`${path} holds ${text === undefined ? 'nothing' : `${text.length} characters of no version`}`);
  }
}

/** What a killed process left is nothing to a later one, and gc takes it away when nobody can be at it any more. */
async function requireTidied({ site }: Place): Promise<void> {
  await program(site, ['artifact', 'gc', '--force', '--keep', '0d'], { env: CLOCK_AHEAD });
  const room = join(site, '.git/cmf/tmp');
  const left = [...unfinishedIn(cacheOf(site)), ...(existsSync(room) ? readdirSync(room) : [])];
  if (left.length > 0) throw new Error(`gc left ${left.join(', ')}`);
}

type Story = {
  readonly args: readonly string[];
  readonly prepare: () => Promise<Place>;
  /** What the work tree may hold after a kill; the last is what it holds in the end. */
  readonly versions: readonly Texts[];
  /** False: its pointers came from elsewhere, and their bytes may still be there. */
  readonly isKept?: boolean;
  readonly more?: (place: Place) => Partial<Attack>;
  readonly checkMore?: (place: Place, when: 'killed' | 'next') => void;
};

function artifacts(name: string, story: Story): Scenario {
  return {
    name,
    prepare: async () => {
      const place = await story.prepare();
      const { world, site, storage } = place;
      const { args, versions, isKept = true, more, checkMore } = story;
      const check = async (when: 'killed' | 'next'): Promise<void> => {
        for (const folder of [cacheOf(site), storage]) requireSound(folder);
        requireComplete(storage);
        requirePointers(site, isKept || when === 'next');
        requireVersions(site, when === 'killed' ? versions : versions.slice(-1));
        checkMore?.(place, when);
        if (when === 'next') await requireTidied(place);
      };
      // Nobody's records change, but where the story says so.
      const quiet = { ...world, sites: [] };
      return { world: quiet, folder: site, args, places: [site, storage], check, ...more?.(place) };
    },
  };
}

async function changed(linkType?: string): Promise<Place> {
  const place = await makeAdded(linkType);
  lay(place.site, AFTER);
  return place;
}

/** The list of a folder that was added. */
function listOf(texts: Texts): string {
  const members = Object.entries(texts).flatMap(([path, text]) =>
    path.startsWith('data/') ? [{ relpath: path.slice('data/'.length), md5: md5Hex(text) }] : [],
  );
  return `${md5Hex(encodeDvcDir(members))}.dir`;
}

/** What the work tree was is in the cache as a whole, so that it can be had again. */
function requireVersion(folder: string, texts: Texts): void {
  const names = [...Object.values(texts).map((text) => md5Hex(text)), listOf(texts)];
  const lost = names.filter((name) => !existsSync(objectIn(folder, name)));
  if (lost.length > 0) throw new Error(`${folder} lacks ${lost.join(', ')}`);
}

const adding = (linkType?: string): Story => ({
  args: ['artifact', 'add', 'data', 'model.bin'],
  prepare: () => changed(linkType),
  versions: [AFTER],
  checkMore: ({ site }, when) => requireVersion(cacheOf(site), when === 'killed' ? BEFORE : AFTER),
});

/** Enough to be hashed by several threads. */
const MANY: Texts = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`data/${i}`, `${i}`.repeat(8_500_000)]));

/** Enough files to be made by several threads, in folders that are there and in new ones; and few objects. */
const SPREAD: Texts = Object.fromEntries(
  Array.from({ length: 6000 }, (_, i) => [`data/${i % 4}/${i}`, `text ${i % 50}\n`]),
);

const GARBAGE: Texts = { 'scratch/x': 'scratch x\n', 'scratch/y': 'scratch y\n', 'scratch.bin': 'scratch\n' };

export const ARTIFACTS: readonly Scenario[] = [
  artifacts('artifact add', adding()),
  artifacts('artifact add, cache.type hardlink', adding('hardlink')),
  artifacts('artifact add by several threads', {
    args: ['artifact', 'add', 'data'],
    prepare: async () => {
      const place = await makePlace();
      lay(place.site, MANY);
      return place;
    },
    versions: [MANY],
  }),
  artifacts('log-artifact of artifact bytes', {
    args: ['log-artifact', 'model.bin', '--output', '-p', 'spam', '-s', 'train'],
    prepare: () => changed(),
    versions: [AFTER],
    more: ({ world, site, storage }) => ({ world: { ...world, sites: [site] }, places: [storage] }),
  }),
  artifacts('artifact push', {
    args: ['artifact', 'push'],
    prepare: async () => {
      const place = await makeAdded();
      await program(place.site, ['artifact', 'push']);
      lay(place.site, AFTER);
      await program(place.site, ['artifact', 'add', 'data', 'model.bin']);
      return place;
    },
    versions: [AFTER],
    checkMore: ({ storage }, when) => {
      requireVersion(storage, BEFORE);
      if (when === 'next') requireVersion(storage, AFTER);
    },
  }),
  artifacts('artifact pull', {
    args: ['artifact', 'pull'],
    prepare: async () => shared(await makeAdded()),
    versions: [{}, BEFORE],
    isKept: false,
    checkMore: ({ site }, when) => when === 'next' && requireVersion(cacheOf(site), BEFORE),
  }),
  artifacts('artifact checkout', {
    args: ['artifact', 'checkout', '--force'],
    prepare: async () => {
      const place = await changed();
      await program(place.site, ['artifact', 'add', 'data', 'model.bin']);
      lay(place.site, BEFORE);
      return place;
    },
    versions: [BEFORE, AFTER],
  }),
  artifacts('artifact checkout, cache.type symlink', {
    args: ['artifact', 'checkout', '--force'],
    prepare: async () => {
      const place = await changed('symlink');
      await program(place.site, ['artifact', 'add', 'data', 'model.bin']);
      lay(place.site, BEFORE);
      return place;
    },
    versions: [BEFORE, AFTER],
  }),
  artifacts('artifact checkout by several threads', {
    args: ['artifact', 'checkout'],
    prepare: async () => {
      const place = await makePlace();
      lay(place.site, SPREAD);
      await program(place.site, ['artifact', 'add', 'data']);
      for (const folder of ['data/1', 'data/2', 'data/3']) rmSync(join(place.site, folder), { recursive: true });
      for (let i = 0; i < 6000; i += 8) rmSync(join(place.site, `data/0/${i}`));
      return place;
    },
    versions: [{}, SPREAD],
  }),
  artifacts('artifact gc', {
    args: ['artifact', 'gc', '--force', '--keep', '0d'],
    prepare: async () => {
      const place = await makeAdded();
      lay(place.site, GARBAGE);
      await program(place.site, ['artifact', 'add', 'scratch', 'scratch.bin']);
      for (const name of ['scratch.dvc', 'scratch.bin.dvc']) rmSync(join(place.site, name));
      writeFileSync(join(dirname(objectIn(cacheOf(place.site), md5Hex('A\n'))), '.0123456789abcdef.tmp'), 'half');
      return place;
    },
    versions: [BEFORE],
    checkMore: ({ site }, when) => {
      requireVersion(cacheOf(site), BEFORE);
      // DVC takes a folder for complete whose list is there.
      requireComplete(cacheOf(site));
      const left = objectsIn(cacheOf(site)).filter(({ md5 }) => md5 === md5Hex('scratch\n'));
      if (when === 'next' && left.length > 0) throw new Error('gc left what nothing needs');
    },
  }),
];
