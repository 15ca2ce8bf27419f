/** A web server for git repositories, as `git http-backend` behind any CGI server is one. */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sealedEnv } from './sealed-git.ts';

/** A running server. `url` ends without a slash. */
export type WebHost = { readonly url: string; readonly close: () => Promise<void> };

/**
 * Serves the repositories below a folder to everybody, pushes included.
 *
 * @param git the program to start
 * @param login true: nobody gets in without a password
 */
export async function openWebHost(root: string, git: string, login = false): Promise<WebHost> {
  const server = createServer((request, response) => {
    if (login && request.headers.authorization === undefined) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="hub"' }).end();
      return;
    }
    answer(root, git, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(root: string, git: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://host');
  const env = {
    ...sealedEnv(),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REMOTE_USER: 'somebody',
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    REQUEST_METHOD: request.method ?? 'GET',
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
  };
  const child = spawn(git, ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => send(Buffer.concat(chunks), response));
}

/** CGI: header lines, an empty one, the body. */
function send(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const lines = output.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number.parseInt(headers.get('Status') ?? '200', 10);
  headers.delete('Status');
  response.writeHead(status, Object.fromEntries(headers)).end(output.subarray(end + 4));
}
