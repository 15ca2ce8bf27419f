import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { GitParts } from '../../ports/git-store.ts';
import { type Located, locate } from './locate.ts';
import { type Environment, userConfigFiles } from './settings.ts';

const SETTING = /^[^#;\n]*\bgitbackend\s*=\s*"?(\w+)/gim;

/**
 * Opens the repository of a folder inside this process, where `cmf.gitBackend` is `nodegit`; undefined where it is not.
 * Whoever does not use the setting pays for a look at the few files that it may stand in, and for nothing else; it must
 * stand in one of them itself, not in a file that they include.
 */
export async function openIfChosen(startDirectory: string, env: Environment): Promise<GitParts | undefined> {
  const located = locateMentioned(startDirectory, env);
  if (located === undefined) return undefined;
  const { openChosen } = await import('./open-chosen.ts');
  return openChosen(startDirectory, located, env);
}

/** How results are to be shown, without asking git; undefined where git is to be asked. */
export async function displayIfChosen(
  startDirectory: string,
  env: Environment,
  isTerminal: boolean,
): Promise<{ readonly pager: string; readonly hasColour: boolean } | undefined> {
  const located = locateMentioned(startDirectory, env);
  if (located === undefined) return undefined;
  const { readDisplay } = await import('./display.ts');
  return readDisplay(located, env, isTerminal);
}

/** The repository of a folder, if the last word on the setting, as far as plain text shows, is `nodegit`. */
function locateMentioned(startDirectory: string, env: Environment): Located | undefined {
  const located = quietly(() => locate(startDirectory, env));
  if (located === undefined) return undefined;
  const texts = [...userConfigFiles(env), join(located.commonDir, 'config')].map((file) => quietly(() => textOf(file)));
  const said = texts.flatMap((text) => [...(text ?? '').matchAll(SETTING)].map((match) => match[1]));
  return said.at(-1)?.toLowerCase() === 'nodegit' ? located : undefined;
}

/** Never reads a pipe: git would find it empty. */
function textOf(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : undefined;
}

/** What cannot be read, git will be asked about, and it says why in its own words. */
function quietly<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
