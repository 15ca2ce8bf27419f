import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDirectory, sealedEnv } from '../helpers/sealed-git.ts';
import { findProgram } from './find-program.ts';
import { freePort, type Serving, startDaemon } from './serving.ts';

export type HttpServing = Serving & {
  readonly user: string;
  readonly password: string;
  /** The same URL with other words in front of the host, or none. */
  readonly urlAs: (repository: string, credentials: string) => string;
  /** What a push sends is answered with an error of the server from now on, or no more. */
  readonly failPosts: (doFail: boolean) => void;
};

/** `git http-backend` behind lighttpd, which asks for a user and a password. */
export async function startHttp(): Promise<HttpServing> {
  const root = makeTempDirectory('served');
  const place = makeTempDirectory('httpd');
  const port = await freePort();
  const [user, password] = ['ann', 'pa:ss%40word'];
  writeFileSync(join(place, 'users'), `${user}:${decodeURIComponent(password)}\n`, { mode: 0o600 });
  writeFileSync(join(place, 'backend'), backend(place), { mode: 0o755 });
  writeFileSync(join(place, 'config'), config({ root, place, port }));
  const daemon = await startDaemon(findProgram('lighttpd'), ['-D', '-f', join(place, 'config')], port);
  const urlAs: HttpServing['urlAs'] = (repository, credentials) =>
    `http://${credentials}127.0.0.1:${port}/git/${repository}`;
  return {
    root,
    port,
    user,
    password,
    urlAs,
    env: {},
    url: (repository, at = port) => `http://${user}:${password}@127.0.0.1:${at}/git/${repository}`,
    failPosts: (doFail) => {
      if (doFail) writeFileSync(join(place, 'fail'), '');
      else rmSync(join(place, 'fail'));
    },
    stop: daemon.stop,
  };
}

/** git's own program for web servers, in the sealed environment. */
function backend(place: string): string {
  const path = spawnSync('git', ['--exec-path'], { encoding: 'utf8' }).stdout.trim();
  return [
    '#!/bin/sh',
    ...Object.entries(sealedEnv()).map(([name, value]) => `export ${name}='${value}'`),
    `case "$REQUEST_METHOD $(ls '${place}')" in`,
    `  POST*fail*) printf 'Status: 500 Internal Server Error\\r\\n\\r\\n'; exit ;;`,
    'esac',
    `exec '${path}/git-http-backend'`,
    '',
  ].join('\n');
}

function config(at: { readonly root: string; readonly place: string; readonly port: number }): string {
  return `server.document-root = "${at.root}"
server.bind = "127.0.0.1"
server.port = ${at.port}
server.errorlog = "${at.place}/errors"
server.upload-dirs = ( "${at.place}" )
server.modules = ( "mod_setenv", "mod_alias", "mod_auth", "mod_authn_file", "mod_cgi" )
auth.backend = "plain"
auth.backend.plain.userfile = "${at.place}/users"
auth.require = ( "/git" => ( "method" => "basic", "realm" => "git", "require" => "valid-user" ) )
alias.url = ( "/git" => "${at.place}/backend" )
setenv.set-environment = ( "GIT_PROJECT_ROOT" => "${at.root}", "GIT_HTTP_EXPORT_ALL" => "1" )
$HTTP["url"] =~ "^/git" { cgi.assign = ( "" => "" ) }
`;
}
