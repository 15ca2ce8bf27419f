import { resolve } from 'node:path';
import { type ArtifactRequest, type LoggedArtifact, logArtifacts, logArtifactsAlone } from '../../../app/artifacts.ts';
import { beginWriting } from '../../../app/begin-writing.ts';
import { chooseExecution } from '../../../app/choose-execution.ts';
import { formatDigest, parseDigest } from '../../../domain/digest.ts';
import { CmfError } from '../../../domain/errors.ts';
import { valueFromText } from '../../../domain/value.ts';
import { visible } from '../../../domain/visible.ts';
import { withoutCredentials } from '../../../domain/without-credentials.ts';
import type { Arguments, CommandModule } from '../command.ts';
import { executionChoice, isSet, pairsOf, textOf, textsOf, withExecution } from '../options.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'log-artifact PATH… (--input|--output) [--type TYPE] [-e ID | -p PIPELINE -s STAGE]',
  description:
    'Records that an execution read (--input) or wrote (--output) files or folders, by the hash of their content, keeps the bytes in the cache of DVC and writes the pointer file PATH.dvc that DVC reads too. Prints digest and path of each. With -p and -s the execution is made for it and finished at once. A URL needs --digest.',
  takesOperands: true,
  build: (parser) =>
    withExecution(parser)
      .option('input', { type: 'boolean', describe: 'the execution read it' })
      .option('output', { type: 'boolean', describe: 'the execution wrote it' })
      .option('type', {
        type: 'string',
        requiresArg: true,
        describe: 'dataset, model, metrics, label, or any other word',
      })
      .option('name', { type: 'string', requiresArg: true, describe: 'a name for it, in this execution' })
      .option('prop', { type: 'string', array: true, nargs: 1, describe: 'NAME=VALUE, a property of it' })
      .option('pipeline', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe: 'the pipeline of a one-shot execution',
      })
      .option('stage', { alias: 's', type: 'string', requiresArg: true, describe: 'the stage of a one-shot execution' })
      .option('digest', { type: 'string', requiresArg: true, describe: 'KIND:VALUE; the bytes are then not read' })
      .option('no-pointer', { type: 'boolean', describe: 'record only; write no pointer file, keep no bytes' })
      .option('no-store', { type: 'boolean', describe: "do not keep the bytes in DVC's cache" }),
  run: async (args, session) => {
    const request = requestOf(args, session);
    const alone = oneShotOf(args);
    const clone = await beginWriting(await session.context());
    const files = session.files(clone);
    const logged =
      alone === undefined
        ? await logArtifacts(
            clone,
            files,
            (await chooseExecution(clone, executionChoice(args, session))).target,
            request,
          )
        : await logArtifactsAlone(clone, files, { ...alone, params: new Map(), props: new Map() }, request);
    const { note, warn } = clone.reporter;
    for (const artifact of logged) show(artifact, session, request.writesPointer ? warn : note);
    return 0;
  },
};

/** What a one-shot execution is of; undefined when the use belongs to one that is going on. */
function oneShotOf(args: Arguments): { readonly pipeline: string; readonly stage: string } | undefined {
  const [pipeline, stage] = [textOf(args, 'pipeline'), textOf(args, 'stage')];
  if (pipeline === undefined && stage === undefined) return undefined;
  const hint = 'git cmf log-artifact -h';
  if (textOf(args, 'execution') !== undefined) {
    throw new CmfError('usage', { message: 'say either -e ID or -p PIPELINE -s STAGE, not both', hint });
  }
  if (pipeline !== undefined && stage !== undefined) return { pipeline, stage };
  throw new CmfError('usage', { message: 'a one-shot execution needs both -p PIPELINE and -s STAGE', hint });
}

function requestOf(args: Arguments, session: Session): ArtifactRequest {
  const paths = textsOf(args, '_');
  if (paths.length === 0) throw new CmfError('usage', { message: 'no path is given', hint: 'git cmf log-artifact -h' });
  for (const path of paths) valueFromText(path);
  if (isSet(args, 'input') === isSet(args, 'output')) {
    throw new CmfError('usage', { message: 'say either --input or --output', hint: 'git cmf log-artifact -h' });
  }
  const digest = textOf(args, 'digest');
  if (digest === undefined && paths.some(isUrl)) {
    throw new CmfError('usage', { message: 'a URL is recorded by its digest: add --digest KIND:VALUE' });
  }
  const type = textOf(args, 'type');
  const name = textOf(args, 'name');
  return {
    direction: isSet(args, 'input') ? 'input' : 'output',
    paths: paths.map((path) => (isUrl(path) ? withoutCredentials(path) : resolve(session.currentDirectory, path))),
    props: pairsOf('property', textsOf(args, 'prop')),
    writesPointer: !isSet(args, 'no-pointer'),
    stores: !isSet(args, 'no-store'),
    ...(type === undefined ? {} : { type }),
    ...(name === undefined ? {} : { name }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest) }),
  };
}

function isUrl(path: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path);
}

function show(artifact: LoggedArtifact, session: Session, say: (message: string) => void): void {
  const digests = artifact.digests.map(formatDigest).join(' ');
  session.print(`${digests}  ${visible(artifact.path)}\n`);
  const { pointer } = artifact;
  if ('reason' in pointer) say(`no pointer file for ${visible(artifact.path)}: ${visible(pointer.reason)}`);
}
