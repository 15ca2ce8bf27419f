/**
 * Bundles through a pipe. git reads and writes bundles as files, so what comes or goes lies beside our own for as long as the
 * command takes:
 *
 *     <common git dir>/cmf/bundle-<random>.tmp
 */
import { CmfError } from '../domain/errors.ts';
import type { GitBundles } from '../ports/git-bundles.ts';
import { type Context, stateDirectory } from './clone.ts';

/** What a bundle that came through a pipe is called. */
export const STANDARD_INPUT = 'standard input';

/**
 * Works on a bundle that comes in pieces.
 * @throws CmfError `damaged` as soon as they do not begin like a bundle; else as `work`
 */
export async function withReceived<Result>(
  context: Context,
  bundles: GitBundles,
  input: AsyncIterable<Uint8Array>,
  work: (file: string) => Promise<Result>,
): Promise<Result> {
  return withFile(context, async (file) => {
    try {
      await bundles.save(input, file);
      return await work(file);
    } catch (error) {
      if (!(error instanceof CmfError)) throw error;
      const { code, message, hint } = error;
      const said = { message: message.replaceAll(file, STANDARD_INPUT), cause: error };
      throw new CmfError(code, hint === undefined ? said : { ...said, hint: hint.replaceAll(file, STANDARD_INPUT) });
    }
  });
}

/** Makes a bundle, and hands it out in pieces once it is whole. */
export async function withSent<Result>(
  context: Context,
  bundles: GitBundles,
  output: (bytes: Uint8Array) => Promise<void>,
  make: (file: string) => Promise<Result>,
): Promise<Result> {
  return withFile(context, async (file) => {
    const result = await make(file);
    for await (const bytes of bundles.read(file)) await output(bytes);
    return result;
  });
}

async function withFile<Result>(context: Context, work: (file: string) => Promise<Result>): Promise<Result> {
  const { disk, effects } = context;
  const directory = stateDirectory(context);
  disk.makeDirectory(directory);
  const file = `${directory}/bundle-${Buffer.from(effects.randomBytes(8)).toString('hex')}.tmp`;
  try {
    return await work(file);
  } finally {
    disk.remove(file);
  }
}
