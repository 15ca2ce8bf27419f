import { examine } from '../../../app/doctor.ts';
import type { CommandModule } from '../command.ts';
import { isSet, withJson } from '../options.ts';
import { renderDoctor, renderDoctorJson } from '../render/doctor.ts';

export const command: CommandModule = {
  usage: 'doctor [--fix] [--remote] [--json]',
  description:
    'Looks for what is wrong with the set-up: programs, manual, this clone, its logs and locks, and, in a central repository, its hooks. Each finding comes with the command that helps. Exits 1 if something is wrong.',
  build: (parser) =>
    withJson(parser)
      .option('fix', { type: 'boolean', describe: 'mend what can be mended without losing anything' })
      .option('remote', { type: 'boolean', describe: 'ask the remote too (else no network is used)' }),
  run: async (args, session) => {
    const options = { fix: isSet(args, 'fix'), remote: isSet(args, 'remote') };
    const context = await session.context();
    const findings = await examine(context, { machine: session.machine, server: session.server(context) }, options);
    session.print(isSet(args, 'json') ? renderDoctorJson(findings) : renderDoctor(findings));
    return findings.some(({ level, fixed }) => level === 'wrong' && fixed === undefined) ? 1 : 0;
  },
};
