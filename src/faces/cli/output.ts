import type { Arguments } from './command.ts';
import { isSet } from './options.ts';
import type { Output } from './render/listing.ts';
import { styleFor } from './render/style.ts';
import type { Session } from './session.ts';

/** How a reading command's result is wanted: `--json`, `-z`, else text for the place where it goes. */
export async function outputOf(args: Arguments, session: Session): Promise<Output> {
  const { columns } = session;
  const format = isSet(args, 'json') ? 'json' : isSet(args, 'zero') ? 'zero' : 'text';
  return { format, columns, style: styleFor(format === 'text' && (await session.hasColour())) };
}
