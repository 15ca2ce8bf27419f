/**
 * The key with which a central repository's admin signs purges:
 *
 *     <git dir>/cmf/admin-key     the base64url seed, mode 0600
 */
import { createKeyRecord, type KeyRecord, LABEL_LENGTH_MAX } from '../domain/control-record.ts';
import { CmfError } from '../domain/errors.ts';
import { publicKeyOf, type SecretKey, secretKeyFrom } from '../domain/signature.ts';
import { stateDirectory } from './clone.ts';
import { ADMIN_KEY, addControl, readPurges } from './control.ts';
import type { ServerContext } from './server.ts';

/**
 * The admin's key, made on first use: pinned in this repository and named in its control records, in that order, so that
 * no purge is ever signed with a key that the repository itself does not obey.
 * @throws CmfError `damaged` for a file that holds no key; `environment`
 */
export async function openAdminKey(context: ServerContext): Promise<SecretKey> {
  const secret = readOrMake(context);
  const key = publicKeyOf(secret);
  if (!(await context.server.settings(ADMIN_KEY)).includes(key)) await context.server.addSetting(ADMIN_KEY, key);
  const { labels } = await readPurges(context);
  if (!labels.has(key)) await addControl(context, [nameKey(context, secret)]);
  return secret;
}

function readOrMake(context: ServerContext): SecretKey {
  const known = read(context);
  if (known !== undefined) return known;
  const { disk, effects } = context;
  disk.makeDirectory(stateDirectory(context));
  const secret = secretKeyFrom(effects.randomBytes(32));
  // Of two that purge at once the first key wins.
  const isOurs = disk.createExclusive(pathOf(context), `${secret}\n`, { mode: 0o600 });
  return isOurs ? secret : (read(context) ?? secret);
}

function read(context: ServerContext): SecretKey | undefined {
  const bytes = context.disk.read(pathOf(context));
  if (bytes === undefined) return undefined;
  const secret = Buffer.from(bytes).toString('utf8').trim() as SecretKey;
  try {
    publicKeyOf(secret);
    return secret;
  } catch (cause) {
    throw new CmfError('damaged', {
      message: `${pathOf(context)} holds no key`,
      hint: 'put it back from a backup; or move it away, and clones must pin the next one',
      cause,
    });
  }
}

/** Named after the repository: the last part of its path says more to others than a host or a person. */
function nameKey(context: ServerContext, secret: SecretKey): KeyRecord {
  const { gitDir } = context.repository.layout;
  const name =
    gitDir
      .replace(/\/\.git$/, '')
      .split('/')
      .pop() ?? '';
  return createKeyRecord(secret, `admin of ${name}`.slice(0, LABEL_LENGTH_MAX), context.effects.nowMs());
}

function pathOf(context: ServerContext): string {
  return `${stateDirectory(context)}/admin-key`;
}
