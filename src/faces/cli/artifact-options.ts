import { CmfError } from '../../domain/errors.ts';
import type { Arguments } from './command.ts';
import type { SendOptions } from './move-artifacts.ts';
import { isSet, sizeOf, textOf } from './options.ts';

/** How artifacts are moved: `--storage`, `--limit`, `--json`, `-q`. @throws CmfError `usage` */
export function moveOptions(args: Arguments): SendOptions {
  const [storage, limitBytes] = [textOf(args, 'storage'), sizeOf(args, 'limit')];
  return {
    json: isSet(args, 'json'),
    quiet: isSet(args, 'quiet'),
    ...(storage === undefined ? {} : { storage }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

/**
 * The same for a command that moves artifacts only where `--artifacts` says so; undefined where it does not.
 * @throws CmfError `usage`
 */
export function artifactOptions(args: Arguments): SendOptions | undefined {
  if (isSet(args, 'artifacts')) return moveOptions(args);
  const stray = ['storage', 'limit'].find((name) => args[name] !== undefined);
  if (stray === undefined) return undefined;
  throw new CmfError('usage', { message: `--${stray} speaks of artifacts: add --artifacts` });
}
