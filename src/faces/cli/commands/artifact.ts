import { resolve } from 'node:path';
import { addArtifacts } from '../../../app/artifact-add.ts';
import { checkoutArtifacts } from '../../../app/artifact-checkout.ts';
import { collectGarbage } from '../../../app/artifact-gc.ts';
import { findOuts } from '../../../app/artifact-outs.ts';
import type { Scope } from '../../../app/artifact-scope.ts';
import { artifactStatus } from '../../../app/artifact-state.ts';
import { verifyCache } from '../../../app/artifact-verify.ts';
import { CmfError } from '../../../domain/errors.ts';
import { type KeepRule, parseKeepRule } from '../../../domain/keep-rule.ts';
import { valueFromText } from '../../../domain/value.ts';
import { moveOptions } from '../artifact-options.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { fetchArtifacts, sendArtifacts } from '../move-artifacts.ts';
import { isSet, textOf, textsOf, withJson, withLimit, withStorage } from '../options.ts';
import { outputOf } from '../output.ts';
import {
  renderAdded,
  renderArtifactList,
  renderArtifactStatus,
  renderCheckedOut,
  renderVerified,
} from '../render/artifact.ts';
import { renderGarbage } from '../render/garbage.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage:
    'artifact add|status|list|checkout|verify|push|pull|gc [PATH…] [--storage NAME] [-e ID|-p PIPELINE|--lineage X] [--limit SIZE] [--to DIR] [--force] [--json]',
  description: `Keeps files and folders in DVC's cache, moves them to and from storages, and brings them back. DVC reads and writes the same.

  add       hashes PATH…, keeps the bytes, writes PATH.dvc and a line in
            .gitignore; what did not change costs a look; nothing is recorded
  status    compares the work tree and the cache with the pointers
  list      what the pointers name
  checkout  makes the work tree, or DIR, hold what the pointers name; what is
            changed and not in the cache stays, unless --force gives it up
  verify    hashes the objects of the cache again
  push      sends what the storage lacks, from the cache
  pull      gets what the cache lacks, and checks it out; other versions than
            the pointers' stay in the cache, or go to DIR
  gc        tells what of the cache no journal entry, commit, pointer or
            --keep rule needs; --force removes it. Storages are not touched

PATH is an artifact, its pointer, or a folder with some in it; all unless given. Outputs of stages in a dvc.lock count, too. Instead of PATH, push and pull take what one execution (-e) or a pipeline (-p) used, or all that something was made from and went into (--lineage).`,
  takesOperands: true,
  build: (parser) =>
    withLimit(withStorage(withJson(parser)))
      .option('force', {
        type: 'boolean',
        describe: 'with checkout and pull: overwrite also what is not in the cache; with gc: remove',
      })
      .option('to', {
        type: 'string',
        requiresArg: true,
        describe: 'with checkout, pull: this folder, not the work tree',
      })
      .option('execution', { alias: 'e', type: 'string', requiresArg: true, describe: 'what this execution used' })
      .option('pipeline', { alias: 'p', type: 'string', requiresArg: true, describe: 'what this pipeline used' })
      .option('lineage', {
        type: 'string',
        requiresArg: true,
        describe: 'an artifact or execution, as for git cmf lineage',
      })
      .option('no-checkout', { type: 'boolean', describe: 'with pull: only into the cache' })
      .option('keep', {
        type: 'string',
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: 'with gc: what is younger (14d unless given; 0d for nothing), or a digest; may be repeated',
      })
      .option('sole-user', { type: 'boolean', describe: 'with gc: no other repository uses this cache' }),
  run: async (args, session) => {
    const { action, paths } = operandsOf(args, session);
    const { options, run }: Action = ACTIONS[action];
    const stray = ALL_OPTIONS.find((name) => args[name] !== undefined && !options.includes(name));
    if (stray !== undefined) {
      throw new CmfError('usage', {
        message: `--${stray} does not go with artifact ${action}`,
        hint: 'git cmf artifact -h',
      });
    }
    return run(paths, args, session);
  },
};

type Action = {
  readonly options: readonly string[];
  readonly run: (paths: readonly string[], args: Arguments, session: Session) => Promise<number>;
};

const SCOPE_OPTIONS = ['execution', 'pipeline', 'lineage'];
const MOVE_OPTIONS = ['storage', 'limit', ...SCOPE_OPTIONS];
const ALL_OPTIONS = [...MOVE_OPTIONS, 'force', 'to', 'no-checkout', 'keep', 'sole-user'];

const ACTIONS = {
  add: { options: [], run: add },
  status: { options: [], run: status },
  list: { options: [], run: list },
  checkout: { options: ['force', 'to'], run: checkout },
  verify: { options: [], run: verify },
  push: {
    options: MOVE_OPTIONS,
    run: (paths, args, session) => sendArtifacts(session, scopeOf(paths, args, session), moveOptions(args)),
  },
  pull: {
    options: [...MOVE_OPTIONS, 'force', 'to', 'no-checkout'],
    run: (paths, args, session) => fetchArtifacts(session, scopeOf(paths, args, session), pullOptions(args, session)),
  },
  gc: { options: ['force', 'keep', 'sole-user'], run: gc },
} satisfies Record<string, Action>;

async function add(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  if (paths.length === 0)
    throw new CmfError('usage', { message: 'say what to add', hint: 'git cmf artifact add PATH' });
  const context = await session.context();
  const added = await addArtifacts(context, session.files(context), paths);
  session.print(renderAdded(added, isSet(args, 'json')));
  return 0;
}

async function status(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  const context = await session.context();
  const files = session.files(context);
  const statuses = await artifactStatus(context, files, await findOuts(context, files, paths));
  await session.page(renderArtifactStatus(statuses, await outputOf(args, session)));
  return 0;
}

async function list(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  const context = await session.context();
  const outs = await findOuts(context, session.files(context), paths);
  await session.page(renderArtifactList(outs, await outputOf(args, session)));
  return 0;
}

async function checkout(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  const context = await session.context();
  const files = session.files(context);
  const done = await checkoutArtifacts(context, files, await findOuts(context, files, paths), {
    force: isSet(args, 'force'),
    ...folderOption(args, session),
  });
  session.print(renderCheckedOut(done, isSet(args, 'json')));
  const lacking = done.filter(({ absent }) => absent > 0);
  if (lacking.length === 0) return 0;
  throw new CmfError('not-found', {
    message: `not in the cache, so not checked out: ${lacking.map(({ path }) => path).join(', ')}`,
    hint: 'get them from where the team keeps its data: git cmf artifact pull',
  });
}

async function verify(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  const context = await session.context();
  const files = session.files(context);
  const outs = paths.length === 0 ? undefined : await findOuts(context, files, paths);
  const report = await verifyCache(context, files, outs);
  session.print(renderVerified(report, isSet(args, 'json')));
  return report.bad.length === 0 ? 0 : 1;
}

async function gc(paths: readonly string[], args: Arguments, session: Session): Promise<number> {
  if (paths.length > 0) {
    throw new CmfError('usage', {
      message: 'gc looks at the whole cache: it takes no path',
      hint: 'git cmf artifact gc',
    });
  }
  const context = await session.context();
  const removes = isSet(args, 'force');
  const keep = textsOf(args, 'keep').map(keepRule);
  const report = await collectGarbage(context, session.files(context), {
    removes,
    keep,
    isSoleUser: isSet(args, 'sole-user'),
  });
  session.print(renderGarbage(report, removes, isSet(args, 'json')));
  if (report.failure !== undefined) throw report.failure;
  return 0;
}

function keepRule(text: string): KeepRule {
  const rule = parseKeepRule(text);
  if (rule !== undefined) return rule;
  throw new CmfError('usage', {
    message: `--keep takes an age such as 14d, 12h or 0d, or a digest such as md5:…, not '${text}'`,
    hint: 'git cmf artifact gc --keep 30d',
  });
}

function scopeOf(paths: readonly string[], args: Arguments, session: Session): Scope {
  const given = SCOPE_OPTIONS.flatMap((kind) => {
    const typed = textOf(args, kind);
    return typed === undefined ? [] : [{ kind, typed }];
  });
  const [first] = given;
  if (given.length > 1 || (first !== undefined && paths.length > 0)) {
    throw new CmfError('usage', {
      message: 'say paths, or one of -e, -p and --lineage',
      hint: 'git cmf artifact -h',
    });
  }
  if (first?.kind === 'execution' || first?.kind === 'pipeline') return { kind: first.kind, typed: first.typed };
  if (first !== undefined) return { kind: 'lineage', typed: first.typed, directory: session.currentDirectory };
  return { kind: 'pointers', paths };
}

function pullOptions(args: Arguments, session: Session) {
  const checksOut = !isSet(args, 'no-checkout');
  if (!checksOut && (isSet(args, 'force') || textOf(args, 'to') !== undefined)) {
    throw new CmfError('usage', {
      message: '--no-checkout writes no files, so --to and --force mean nothing',
      hint: 'git cmf artifact -h',
    });
  }
  return { ...moveOptions(args), checksOut, force: isSet(args, 'force'), ...folderOption(args, session) };
}

function folderOption(args: Arguments, session: Session): { readonly to?: string } {
  const to = textOf(args, 'to');
  return to === undefined ? {} : { to: resolve(session.currentDirectory, to) };
}

function operandsOf(args: Arguments, session: Session) {
  const [word, ...paths] = textsOf(args, '_');
  for (const path of paths) valueFromText(path);
  const action = Object.keys(ACTIONS).find((name): name is keyof typeof ACTIONS => name === word);
  if (action !== undefined) return { action, paths: paths.map((path) => resolve(session.currentDirectory, path)) };
  const names = 'add, status, list, checkout, verify, push, pull or gc';
  throw new CmfError('usage', {
    message: word === undefined ? `artifact takes ${names}` : `artifact cannot '${word}'; it takes ${names}`,
    hint: 'git cmf artifact -h',
  });
}
