import type { Located } from './locate.ts';
import { type Environment, isTrue, readSettings } from './settings.ts';

/** git's rules for its pager and its colours (git-var(1), git-config(1)), over the settings that git would see. */
export function readDisplay(
  { commonDir }: Located,
  env: Environment,
  isTerminal: boolean,
): { readonly pager: string; readonly hasColour: boolean } {
  const settings = readSettings(env, commonDir);
  const value = (key: string): string | undefined => settings.findLast((setting) => setting.key === key)?.value;
  const colour = value('color.cmf') ?? value('color.ui') ?? 'auto';
  const isSmart = isTerminal && (env['TERM'] ?? 'dumb') !== 'dumb';
  return {
    pager: env['GIT_PAGER'] ?? value('core.pager') ?? env['PAGER'] ?? 'less',
    hasColour: colour === 'always' || (isSmart && (colour === 'auto' || isTrue(colour))),
  };
}
