/** The one place that puts adapters behind ports. */
import { homedir, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { folderDesk } from './adapters/desk/folder-desk.ts';
import { nodeDisk } from './adapters/disk/node-disk.ts';
import { createDvcConfigFiles } from './adapters/files/dvc-config-files.ts';
import { createHasher } from './adapters/files/hasher.ts';
import { createObjectCache } from './adapters/files/object-cache.ts';
import { createPointerFiles } from './adapters/files/pointer-files.ts';
import { assembleRepository } from './adapters/git/assemble-repository.ts';
import { pagerCommand, wantsColour } from './adapters/git/display.ts';
import { openGitBundles } from './adapters/git/git-bundles.ts';
import { openGitServer } from './adapters/git/git-server.ts';
import { readGitVersion } from './adapters/git/git-version.ts';
import { openRepository } from './adapters/git/open-repository.ts';
import { displayIfChosen, openIfChosen } from './adapters/nodegit/choose-nodegit.ts';
import { nodeEffects } from './adapters/process/node-effects.ts';
import { nodeMachine } from './adapters/process/node-machine.ts';
import { nodePrograms } from './adapters/process/node-programs.ts';
import { showInPager } from './adapters/process/pager.ts';
import { syncFileSystem } from './adapters/process/sync-file-system.ts';
import { openStorage } from './adapters/storage/open-storage.ts';
import { openTerminal, type Streams, type Terminal } from './adapters/terminal/terminal.ts';
import { type Context, stateDirectory } from './app/clone.ts';
import type { Installation } from './app/hook-files.ts';
import { retryingStorage } from './app/retrying-storage.ts';
import { deskDirectory } from './app/stay.ts';
import type { StorageContext } from './app/storages.ts';
import type { Files } from './app/track.ts';
import type { Desk } from './ports/desk.ts';
import type { Effects, Reporter } from './ports/effects.ts';
import type { GitRepository } from './ports/git.ts';
import type { GitBundles } from './ports/git-bundles.ts';
import type { GitServer } from './ports/git-server.ts';
import type { Machine } from './ports/machine.ts';

/** What the process that runs us offers. */
export type Host = Streams & { readonly env: Readonly<Record<string, string | undefined>> };

/** Opens the repository that a folder belongs to. The caller closes it: `context.repository.close()`. */
export async function openContext(directory: string, host: Host, reporter: Reporter): Promise<Context> {
  const effects = nodeEffects();
  const repository = await openGit(directory, host);
  return { repository, disk: nodeDisk(() => randomName(effects)), effects, reporter };
}

/** Reaches git in this process where the user's settings say so, else by starting it. A server's hook always starts it. */
async function openGit(directory: string, host: Host): Promise<GitRepository> {
  const { env } = host;
  const quarantine = env['GIT_QUARANTINE_PATH'] !== undefined;
  const chosen = quarantine ? undefined : await openIfChosen(directory, env);
  if (chosen !== undefined) return assembleRepository(chosen);
  return openRepository(directory, { env, quarantine, interactive: host.stdin.isTTY === true });
}

/** What reads and writes the user's own files. */
export function openFiles(context: Context, { env }: Pick<Host, 'env'>): Files {
  const state = stateDirectory(context);
  const lockDirectory = `${state}/lock`;
  const memoryFile = `${state}/folders`;
  const { worktree } = context.repository.layout;
  // DVC's own, on the disk of the work tree, where git's folder is on another one.
  const temporaries = [`${state}/tmp`, ...(worktree === undefined ? [] : [`${worktree}/.dvc/tmp`])];
  return {
    hasher: createHasher({ cacheFile: `${state}/hashes`, memoryFile, sync: syncFileSystem }),
    objects: createObjectCache({ temporaries, memoryFile, watchFile: `${state}/watched`, sync: syncFileSystem }),
    pointers: createPointerFiles({ lockDirectory }),
    config: createDvcConfigFiles({ env, home: homedir(), platform: platform(), lockDirectory }),
  };
}

/** DVC's configuration of the work tree, and the storages that it names. */
export function openStorages(context: Context, { env }: Host): StorageContext {
  const { pointers, config } = openFiles(context, { env });
  const { repository, effects, reporter } = context;
  const programs = nodePrograms(env);
  return {
    repository,
    config,
    pointers,
    open: async (storage, policy) =>
      retryingStorage(await openStorage(storage, { programs, env }), effects, policy, ({ message }) =>
        reporter.note(`${message}; trying again`),
      ),
  };
}

/** The standard streams of the process, as a person sees them. */
export function openStreams(host: Host): Terminal {
  return openTerminal(host);
}

/** What the machine has installed. */
export function openMachine(directory: string, host: Host): Machine {
  return nodeMachine(host.env, {
    gitVersion: () => readGitVersion(directory, host.env),
    manualFile: besideSources('docs/git-cmf.1'),
  });
}

/** The server's side of a repository that has been opened. */
export function openServer(context: Context, host: Host): GitServer {
  return openGitServer(context.repository.layout, host.env);
}

/** Where hooks of this user find a process that stays; undefined where users have no numbers. */
export function openDesk(context: Context): Desk | undefined {
  const owner = process.getuid?.();
  return owner === undefined ? undefined : folderDesk(deskDirectory(context), `${owner}`);
}

/** Bundles of a repository that has been opened. */
export function openBundles(context: Context, host: Host): GitBundles {
  return openGitBundles(context.repository.layout, host.env);
}

/** Where the program lies. @param program what node was given to run it */
export function installation(node: string, program: string): Installation {
  return { templates: besideSources('hooks'), node, program };
}

/** A path of the package; from src/ and from dist/ alike. */
function besideSources(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** How a person sees long results: as git would show them. */
export type Display = {
  /** Prints a result, through git's pager where a person reads it at a terminal. */
  readonly page: (text: string) => Promise<void>;
  /** True if git would use colours for it. */
  readonly hasColour: () => Promise<boolean>;
};

/** The display of the process. git is asked for its pager only at a terminal. */
export function openDisplay(directory: string, host: Host, print: (text: string) => void): Display {
  const { env } = host;
  const isTerminal = host.stdout.isTTY === true;
  const isWatched = isTerminal || env['GIT_PAGER_IN_USE'] === 'true';
  return {
    page: async (text) => {
      const pager = isTerminal && text !== '' ? await pagerFor(directory, env) : 'cat';
      const isShown = pager !== 'cat' && pager !== '' && (await showInPager(text, pager, env));
      if (!isShown) print(text);
    },
    hasColour: async () => (env['NO_COLOR'] ?? '') === '' && (await wishesColour(directory, env, isWatched)),
  };
}

async function pagerFor(directory: string, env: Host['env']): Promise<string> {
  return (await displayIfChosen(directory, env, true))?.pager ?? pagerCommand(directory, env);
}

async function wishesColour(directory: string, env: Host['env'], isWatched: boolean): Promise<boolean> {
  return (await displayIfChosen(directory, env, isWatched))?.hasColour ?? wantsColour(directory, env, isWatched);
}

function randomName(effects: Effects): string {
  return Buffer.from(effects.randomBytes(6)).toString('hex');
}
