import { beginWriting } from '../../../app/begin-writing.ts';
import { push } from '../../../app/push.ts';
import { STEP_LIMITS } from '../../../app/push-steps.ts';
import { relay } from '../../../app/relay.ts';
import { chooseRemote } from '../../../app/remote.ts';
import { remoteWithoutCredentials } from '../../../domain/without-credentials.ts';
import type { CommandModule } from '../command.ts';
import { isSet, textsOf } from '../options.ts';
import { counted } from '../render/counted.ts';
import { leftOutTexts } from '../render/purge.ts';

export const command: CommandModule = {
  usage: 'push [--relay] [REMOTE|URL]',
  description:
    'Sends what was recorded here to a remote. Only the journal of this clone is sent; branches and tags are not. With --relay also what it learned from others and the remote lacks; it pulls first. Without REMOTE: cmf.remote, else origin, else the only remote.',
  takesOperands: true,
  build: (parser) =>
    parser
      .option('relay', { type: 'boolean', describe: 'also send what this clone learned from others' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const clone = await beginWriting(await session.context());
    const report = await push(clone, await chooseRemote(clone, textsOf(args, '_')));
    for (const line of leftOutTexts(report)) clone.reporter.warn(line);
    const relayed = isSet(args, 'relay') ? await relay(clone, report.remote, STEP_LIMITS) : undefined;
    if (isSet(args, 'quiet')) return 0;
    const remote = remoteWithoutCredentials(report.remote);
    const said = {
      pushed: `Pushed ${report.ref} to ${remote}.\n`,
      'up-to-date': `${remote} has everything already.\n`,
      'nothing-recorded': 'Nothing is recorded here yet.\n',
    };
    session.print(said[report.status]);
    if (relayed !== undefined) session.print(`Sent on what ${counted(relayed, 'other writer')} recorded.\n`);
    return 0;
  },
};
