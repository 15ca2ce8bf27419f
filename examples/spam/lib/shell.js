import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { bold, faint } from './style.js';

/** A command that did not end with 0: the example cannot go on. */
export class CommandFailed extends Error {}

/**
 * A shell that shows each command as a person would type it, in front of what the command prints.
 *
 * A place is `{name, folder}`: where the command runs and what its prompt says.
 */
export function openShell(env) {
  const spent = { commands: 0, durationMs: 0 };

  /** Runs one command, shows it with its output, and returns its standard output. */
  function run(place, words) {
    console.log(`${faint(`${place.name}$`)} ${bold(words.map(quote).join(' '))}`);
    const start = performance.now();
    const [program, ...args] = words;
    const ended = spawnSync(program, args, { cwd: place.folder, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
    if (words.includes('cmf')) {
      spent.commands += 1;
      spent.durationMs += performance.now() - start;
    }
    show(ended.stdout);
    show(ended.stderr);
    if (ended.error) throw new CommandFailed(`${program} could not be started: ${ended.error.message}`);
    if (ended.status !== 0) throw new CommandFailed(`the last command ended with ${ended.status ?? ended.signal}`);
    return ended.stdout;
  }

  return { run, spent };
}

/**
 * The environment of the example's commands: the git cmf of this checkout first on PATH, a git configuration of the
 * example's own (a new machine has no user.name, and a global core.hooksPath would hide the server's hooks), and nothing
 * of a repository or a run that the example was started in.
 */
export function exampleEnv(binFolder, gitConfigPath) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT|CMF)_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${binFolder}:${process.env.PATH}`,
    GIT_CONFIG_GLOBAL: gitConfigPath,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_PAGER: 'cat',
  };
}

function show(text) {
  if (text?.trim()) console.log(text.trimEnd().replace(/^(?=.)/gm, '  '));
}

function quote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
