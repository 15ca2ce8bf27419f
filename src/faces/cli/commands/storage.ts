import { checkStorage } from '../../../app/check-storage.ts';
import {
  addStorage,
  type NewSetting,
  readConfig,
  removeStorage,
  type StorageContext,
  setDefaultStorage,
  setStorage,
} from '../../../app/storages.ts';
import { CmfError } from '../../../domain/errors.ts';
import { findStorage, listStorages } from '../../../domain/storage.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { isSet, textsOf, withJson, withZero } from '../options.ts';
import { outputOf } from '../output.ts';
import { STORAGES } from '../render/list-storages.ts';
import { renderListing } from '../render/listing.ts';
import { renderCheck, renderCheckJson } from '../render/storage-check.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage:
    'storage add|list|default|set|remove|check [NAME] [URL] [KEY=VALUE…] [--default] [--local] [--set KEY=VALUE]… [--unset KEY]… [--write] [--tidy] [-q] [--json] [-z]',
  description: `Names the storages in DVC's own configuration, so that DVC has the same. A URL is a folder, ssh://host/path or s3://bucket/prefix; a key is one that DVC has for it (endpointurl, region, profile, user, port, keyfile…).

  add      NAME URL: names one; with --default the one that is used when none
           is named; with --local in this clone only (.dvc/config.local)
  list     all of them, whichever file names them; * marks the default one
  default  [NAME]: prints or sets the default one
  set      NAME KEY=VALUE…: sets keys of one. Secrets go with --local
  remove   NAME: takes one out of .dvc/config and .dvc/config.local; what it
           holds stays
  check    [NAME]: connects and lists; with --write puts, gets and removes a
           probe, too; with --tidy removes what killed pushes left unfinished
           more than a day ago. Exits 1 if something does not work`,
  takesOperands: true,
  build: (parser) =>
    withZero(
      withJson(
        parser
          .option('default', { alias: 'd', type: 'boolean', describe: 'with add: make it the default one' })
          .option('local', { type: 'boolean', describe: 'write .dvc/config.local, which is not committed' })
          .option('set', {
            type: 'string',
            array: true,
            nargs: 1,
            requiresArg: true,
            describe: "with add: one of DVC's keys for it, as KEY=VALUE; may be repeated",
          })
          .option('unset', {
            type: 'string',
            array: true,
            nargs: 1,
            requiresArg: true,
            describe: 'with set: take a key out; may be repeated',
          })
          .option('write', { type: 'boolean', describe: 'with check: try writing, too' })
          .option('tidy', { type: 'boolean', describe: 'with check: remove what killed pushes left unfinished' })
          .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
      ),
    ),
  run: async (args, session) => {
    const [action = '', ...operands] = textsOf(args, '_');
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) {
      throw usage(
        action === '' ? 'storage takes add, list, default, set, remove or check' : `storage cannot '${action}'`,
      );
    }
    const given = ['default', 'local', 'set', 'unset', 'write', 'tidy', 'quiet', 'json', 'zero'].filter(
      (name) => args[name] !== undefined,
    );
    const stray = given.find((name) => !run.options.includes(name));
    if (stray !== undefined) throw usage(`--${stray} does not go with storage ${action}`);
    return run.run({ args, session, operands, storages: session.storages(await session.context()) });
  },
};

type Call = {
  readonly args: Arguments;
  readonly session: Session;
  readonly operands: readonly string[];
  readonly storages: StorageContext;
};

type Action = { readonly options: readonly string[]; readonly run: (call: Call) => Promise<number> };

const ACTIONS: Readonly<Record<string, Action>> = {
  add: { options: ['default', 'local', 'set', 'quiet'], run: add },
  list: { options: ['json', 'zero'], run: list },
  default: { options: ['local', 'quiet'], run: byDefault },
  set: { options: ['local', 'unset', 'quiet'], run: set },
  remove: { options: ['local', 'quiet'], run: remove },
  check: { options: ['write', 'tidy', 'json'], run: check },
};

async function add({ args, session, operands, storages }: Call): Promise<number> {
  const [name, url, more] = operands;
  if (name === undefined || url === undefined || more !== undefined) {
    throw usage('storage add takes a name and a URL', 'git cmf storage add NAME URL');
  }
  const { storage, changed } = await addStorage(storages, {
    name,
    url,
    currentDirectory: session.currentDirectory,
    level: levelOf(args),
    isDefault: isSet(args, 'default'),
    settings: pairsIn(textsOf(args, 'set')),
  });
  say(args, session, changed ? `Added the storage ${storage} to ${fileOf(args)}.\n` : `${storage} is there already.\n`);
  return 0;
}

async function list({ args, session, operands, storages }: Call): Promise<number> {
  if (operands.length > 0) throw usage('storage list takes no name');
  const rows = listStorages(await readConfig(storages));
  const { reporter } = await session.context();
  if (rows.length === 0) reporter.note('no storage is named yet: git cmf storage add NAME URL');
  await session.page(renderListing(STORAGES, rows, await outputOf(args, session)));
  return 0;
}

async function byDefault({ args, session, operands, storages }: Call): Promise<number> {
  const [name, more] = operands;
  if (more !== undefined) throw usage('one default storage at a time');
  if (name === undefined) {
    if (isSet(args, 'local')) throw usage('--local goes with a name to set');
    session.print(`${findStorage(await readConfig(storages)).name}\n`);
    return 0;
  }
  const { storage } = await setDefaultStorage(storages, name, levelOf(args));
  if (storage === name.toLowerCase()) say(args, session, `${storage} is the default storage.\n`);
  else session.complain(`warning: ${storage} is still the default storage here: .dvc/config.local says so\n`);
  return 0;
}

async function set({ args, session, operands, storages }: Call): Promise<number> {
  const [name, ...pairs] = operands;
  const unset = textsOf(args, 'unset');
  if (name === undefined || (pairs.length === 0 && unset.length === 0)) {
    throw usage('storage set takes a name, and KEY=VALUE or --unset KEY', 'git cmf storage set NAME KEY=VALUE');
  }
  const request = { name, level: levelOf(args), settings: pairsIn(pairs), unset };
  const { storage, changed } = await setStorage(storages, request);
  say(
    args,
    session,
    changed ? `Changed the storage ${storage} in ${fileOf(args)}.\n` : `${storage} says so already.\n`,
  );
  return 0;
}

async function remove({ args, session, operands, storages }: Call): Promise<number> {
  const [name, more] = operands;
  if (name === undefined || more !== undefined) throw usage('storage remove takes one name');
  const removed = await removeStorage(storages, name, isSet(args, 'local'));
  say(args, session, `Removed the storage ${removed} from the configuration; what it holds stays.\n`);
  return 0;
}

async function check({ args, session, operands, storages }: Call): Promise<number> {
  const [name, more] = operands;
  if (more !== undefined) throw usage('one storage at a time');
  const storage = findStorage(await readConfig(storages), name);
  const findings = await checkStorage(await session.context(), storage, storages.open, {
    writes: isSet(args, 'write'),
    tidies: isSet(args, 'tidy'),
  });
  session.print(isSet(args, 'json') ? renderCheckJson(storage, findings) : renderCheck(findings));
  return findings.some(({ level }) => level === 'wrong') ? 1 : 0;
}

function levelOf(args: Arguments): 'local' | 'repository' {
  return isSet(args, 'local') ? 'local' : 'repository';
}

function fileOf(args: Arguments): string {
  return isSet(args, 'local') ? '.dvc/config.local' : '.dvc/config';
}

function say(args: Arguments, session: Session, text: string): void {
  if (!isSet(args, 'quiet')) session.print(text);
}

function pairsIn(pairs: readonly string[]): NewSetting[] {
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw usage(`'${pair}' must be KEY=VALUE`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
}

function usage(message: string, hint = 'git cmf storage -h'): CmfError {
  return new CmfError('usage', { message, hint });
}
