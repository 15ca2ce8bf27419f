import { beginWriting } from '../../../app/begin-writing.ts';
import { type PushReport, push } from '../../../app/push.ts';
import { STEP_LIMITS } from '../../../app/push-steps.ts';
import { relay } from '../../../app/relay.ts';
import { chooseRemote } from '../../../app/remote.ts';
import { remoteWithoutCredentials } from '../../../domain/without-credentials.ts';
import { artifactOptions } from '../artifact-options.ts';
import type { CommandModule } from '../command.ts';
import { sendArtifacts } from '../move-artifacts.ts';
import { isSet, textsOf, withLimit, withStorage } from '../options.ts';
import { counted } from '../render/counted.ts';
import { leftOutTexts } from '../render/purge.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  usage: 'push [--relay] [--artifacts [--storage NAME] [--limit SIZE]] [REMOTE|URL]',
  description:
    'Sends what was recorded here to a remote. Only the journal of this clone is sent; branches and tags are not. With --relay also what it learned from others and the remote lacks; it pulls first. With --artifacts then also, as git cmf artifact push does, what the pointers of the work tree name. Without REMOTE: cmf.remote, else origin, else the only remote.',
  takesOperands: true,
  build: (parser) =>
    withLimit(withStorage(parser))
      .option('artifacts', { type: 'boolean', describe: 'then send the artifacts of this work tree, too' })
      .option('relay', { type: 'boolean', describe: 'also send what this clone learned from others' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'say nothing' }),
  run: async (args, session) => {
    const moving = artifactOptions(args);
    const clone = await beginWriting(await session.context());
    const report = await push(clone, await chooseRemote(clone, textsOf(args, '_')));
    for (const line of leftOutTexts(report)) clone.reporter.warn(line);
    const relayed = isSet(args, 'relay') ? await relay(clone, report.remote, STEP_LIMITS) : undefined;
    if (!isSet(args, 'quiet')) say(session, report, relayed);
    // Records never wait for data, and what goes wrong with data does not undo them.
    return moving === undefined ? 0 : sendArtifacts(session, { kind: 'pointers', paths: [] }, moving);
  },
};

function say(session: Session, { remote: typed, ref, status }: PushReport, relayed: number | undefined): void {
  const remote = remoteWithoutCredentials(typed);
  const said = {
    pushed: `Pushed ${ref} to ${remote}.\n`,
    'up-to-date': `${remote} has everything already.\n`,
    'nothing-recorded': 'Nothing is recorded here yet.\n',
  };
  session.print(said[status]);
  if (relayed !== undefined) session.print(`Sent on what ${counted(relayed, 'other writer')} recorded.\n`);
}
