import { beginWriting } from '../../../app/begin-writing.ts';
import { openClone } from '../../../app/clone.ts';
import { importDvc } from '../../../app/import-dvc.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textOf, textsOf, withJson } from '../options.ts';
import { leftOutText, renderImport, renderImportJson } from '../render/import.ts';

export const command: CommandModule = {
  usage: 'import dvc [--all-commits | REV…] [-p PIPELINE] [--dry-run] [--json] [-q]',
  description: `Records what the files of DVC in git tell of: .dvc, dvc.yaml and dvc.lock of the commits REV (HEAD, if none is named) or of all commits of all branches and tags. Each content of a stage in dvc.lock is one execution, dated by the first commit that has it; what is known already is not recorded again, so importing twice, here or at another site, adds nothing.

What cannot be read is named and left out, and the exit status is 1.`,
  takesOperands: true,
  build: (parser) =>
    withJson(
      parser
        .option('all-commits', { type: 'boolean', describe: 'all commits of all branches and tags' })
        .option('pipeline', {
          alias: 'p',
          type: 'string',
          requiresArg: true,
          describe: "the pipeline of what lies at the top (else the repository's name)",
        })
        .option('dry-run', { type: 'boolean', describe: 'only say what would be recorded' })
        .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
    ),
  run: async (args, session) => {
    const [source, ...revisions] = textsOf(args, '_');
    if (source !== 'dvc') throw usage(source === undefined ? 'import takes dvc' : `import knows dvc, not '${source}'`);
    const isAll = isSet(args, 'all-commits');
    if (isAll && revisions.length > 0) throw usage('--all-commits takes no revisions');
    const isDryRun = isSet(args, 'dry-run');
    const context = await session.context();
    const clone = isDryRun ? openClone(context) : await beginWriting(context);
    const report = await importDvc(clone, {
      revisions: isAll ? undefined : revisions.length > 0 ? revisions : ['HEAD'],
      pipeline: textOf(args, 'pipeline'),
      isDryRun,
    });
    for (const one of report.leftOut) context.reporter.warn(leftOutText(one));
    if (isSet(args, 'json')) session.print(renderImportJson(report, isDryRun));
    else if (!isSet(args, 'quiet')) session.print(renderImport(report, isDryRun));
    return report.leftOut.length === 0 ? 0 : 1;
  },
};

function usage(message: string): CmfError {
  return new CmfError('usage', { message, hint: 'git cmf import -h' });
}
