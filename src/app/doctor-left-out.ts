import { REFS } from '../domain/ids.ts';
import type { Context } from './clone.ts';
import { type Finding, notice } from './finding.ts';
import { placeOf } from './landing.ts';

/** What pulls left out, so that what is known here may be less than what was recorded. */
export async function examineLeftOut({ repository }: Context): Promise<Finding[]> {
  const leftOut = await repository.refs.list([REFS.skipped]);
  if (leftOut.length === 0) return [];
  const remotes = new Map((await repository.transport.remotes()).map((name) => [placeOf(name), name]));
  return leftOut.map(({ name }) => {
    const [place = '', writer = ''] = name.slice(REFS.skipped.length).split('/');
    const remote = remotes.get(place);
    const source = place === 'bundle' ? 'bundle apply' : `pull from ${remote ?? 'a remote that has no name here'}`;
    const help = remote === undefined ? `git update-ref -d ${name}, if it is not needed` : `git cmf pull ${remote}`;
    return notice(`writer ${writer}: a ${source} left out what it could not read`, help);
  });
}
