/** The completion scripts in the shells that they are for, as they come from the program. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/faces/cli/command-table.ts';
import { makeRepository, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, recordRun } from '../helpers/sites.ts';

/** Where git's own completion for bash lies, by who installed it. */
const GIT_COMPLETION = [
  '/usr/share/bash-completion/completions/git',
  '/usr/share/git/completion/git-completion.bash',
  '/usr/share/git-core/contrib/completion/git-completion.bash',
  '/opt/homebrew/etc/bash_completion.d/git-completion.bash',
  '/usr/local/etc/bash_completion.d/git-completion.bash',
];

type Shell = (script: string, line: string, site: string) => Promise<readonly string[]>;

async function run(program: string, args: readonly string[], text: string, site: string): Promise<string[]> {
  const file = join(makeTempDirectory(), 'script');
  writeFileSync(file, text);
  const { stdout, stderr } = await runSealed(program, [...args, file], { cwd: site, env: cmfEnv() });
  assert.is(stderr, '');
  return stdout
    .split('\n')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

const bash: Shell = (script, line, site) => {
  const git = GIT_COMPLETION.find((path) => existsSync(path));
  assert.ok(git, "git's own completion for bash is not installed");
  const words = line.split(' ');
  const asked = [
    `source '${git}'`,
    script,
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`,
    `COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMPREPLY=()`,
    'compopt () { :; }',
    '__git_wrap__git_main; printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  return run('bash', ['--norc'], asked.join('\n'), site);
};

/** zsh completes only at a terminal; its function is real, what it hands to the terminal is printed. */
const zsh: Shell = (script, line, site) => {
  const words = line.split(' ').slice(1);
  const asked = [
    'compadd () { shift; print -l -- "$@" }; _files () { print -l -- * }; _describe () { print -l -- ${${(P)4}%%:*} }',
    script,
    `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'`,
    '_git-cmf',
  ];
  return run('zsh', ['-f'], asked.join('\n'), site);
};

const fish: Shell = async (script, line, site) => {
  const found = await run('fish', ['--no-config'], `${script}\ncomplete -C '${line}'`, site);
  return found.map((word) => word.split('\t')[0] ?? '');
};

for (const [name, shell] of Object.entries({ bash, zsh, fish })) {
  const it = suite(`completion: ${name}`);
  const made = (async () => {
    const site = await makeRepository();
    await cmf(site, ['init', '--quiet']);
    await cmf(site, ['storage', 'add', 'lake', 's3://bucket/x', '--quiet']);
    const id = await recordRun(site, { pipeline: 'spam filter', stage: 'train' });
    return { site, id, script: (await cmf(site, ['completion', name])).stdout };
  })();
  const complete = async (line: string): Promise<readonly string[]> => {
    const { site, script } = await made;
    return shell(script, line, site);
  };

  it('names every command', async () => {
    const found = await complete('git cmf ');
    for (const command of COMMANDS.filter(({ hidden }) => hidden !== true)) assert.ok(found.includes(command.name));
    assert.not(found.includes('hook'));
  });

  it('names the options of a command', async () => {
    const found = await complete('git cmf log-metric --');
    for (const option of ['--step', '--rank', '--execution', '--help']) assert.ok(found.includes(option), option);
    assert.not(found.includes('--param'));
  });

  it('names what the first word may be', async () => {
    assert.ok((await complete('git cmf list ')).includes('executions'));
    assert.ok((await complete('git cmf bundle ')).includes('apply'));
  });

  it('names what is recorded', async () => {
    const { id } = await made;
    assert.ok((await complete('git cmf start -s ')).includes('train'));
    assert.ok((await complete('git cmf start -p ')).includes('spam filter'));
    assert.ok((await complete('git cmf show ')).includes(id));
    assert.ok((await complete('git cmf log-param -e ')).includes(id));
  });

  it('names storages', async () => {
    for (const line of ['storage default ', 'storage remove ', 'artifact push --storage ', 'pull --storage ']) {
      assert.equal(await complete(`git cmf ${line}`), ['lake'], line);
    }
  });

  it.run();
}
