import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { findProgram } from '../transports/find-program.ts';
import { freePort, startDaemon } from '../transports/serving.ts';

export type S3Serving = {
  readonly port: number;
  /** A folder in it is a bucket, and files in that are objects. */
  readonly root: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly stop: () => Promise<void>;
};

const BUCKET_KEYS = { accessKeyId: 'TESTKEYID', secretAccessKey: 'test-secret' } as const;

/** versitygw on a port of this machine, over a folder. */
export async function startS3(): Promise<S3Serving> {
  const root = makeTempDirectory('buckets');
  const port = await freePort();
  const { accessKeyId, secretAccessKey } = BUCKET_KEYS;
  // Attributes beside the files: not every file system has room for them in itself.
  const place = ['posix', '--sidecar', makeTempDirectory('sidecar'), root];
  const words = [
    '--port',
    `127.0.0.1:${port}`,
    '--access',
    accessKeyId,
    '--secret',
    secretAccessKey,
    '--keep-alive',
    '-q',
  ];
  const daemon = await startDaemon(findProgram('versitygw'), [...words, ...place], port);
  return { port, root, ...BUCKET_KEYS, stop: daemon.stop };
}

export function makeBucket({ root }: S3Serving, name: string): void {
  mkdirSync(join(root, name));
}

/** What is to go wrong with a request that passes. */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** Bytes of its body are other ones. */
  | { readonly kind: 'spoil-request' | 'spoil-response' }
  /** The line breaks after so many bytes of the body. */
  | { readonly kind: 'cut-request' | 'cut-response'; readonly sizeBytes: number }
  /** Only so many bytes come, and the answer looks whole. */
  | { readonly kind: 'shorten-response'; readonly sizeBytes: number };

export type FaultyProxy = {
  readonly port: number;
  /** Lets the next requests of this method fail so. */
  readonly plan: (method: string, ...faults: readonly Fault[]) => void;
  readonly seen: readonly string[];
  readonly stop: () => Promise<void>;
};

/** A proxy in front of a server, which fails as it is told and else passes everything on as it is. */
export async function startFaultyProxy(to: number): Promise<FaultyProxy> {
  const planned = new Map<string, Fault[]>();
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '' } = incoming;
    seen.push(`${method} ${incoming.url ?? ''}`);
    const fault = planned.get(method)?.shift();
    if (fault?.kind === 'answer') {
      incoming.resume();
      incoming.on('end', () => answer(outgoing, fault.status, fault.code));
      return;
    }
    pass(incoming, outgoing, to, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    plan: (method, ...faults) => void planned.set(method, [...faults]),
    seen,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as planned</Message></Error>`);
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: number, fault: Fault | undefined): void {
  const { method, url, headers } = incoming;
  const { expect: _, ...kept } = headers;
  const upstream = request({ host: '127.0.0.1', port: to, method, path: url, headers: kept }, (response) => {
    const { 'content-length': _length, ...unmeasured } = response.headers;
    const headers = fault?.kind === 'shorten-response' ? unmeasured : response.headers;
    outgoing.writeHead(response.statusCode ?? 502, headers);
    copy(response, outgoing, fault, 'response', () => outgoing.socket?.destroy());
  });
  upstream.on('error', () => outgoing.socket?.destroy());
  copy(incoming, upstream, fault, 'request', () => {
    upstream.destroy();
    incoming.socket.destroy();
  });
}

function copy(
  from: IncomingMessage,
  to: NodeJS.WritableStream,
  fault: Fault | undefined,
  side: 'request' | 'response',
  cut: () => void,
): void {
  let sizeBytes = 0;
  from.on('data', (chunk: Buffer) => {
    if (fault?.kind === `spoil-${side}` && sizeBytes === 0) chunk[0] = (chunk[0] ?? 0) ^ 1;
    sizeBytes += chunk.length;
    if (fault?.kind === 'shorten-response' && side === 'response') {
      to.write(chunk.subarray(0, Math.max(0, fault.sizeBytes - (sizeBytes - chunk.length))));
      return;
    }
    if (fault?.kind === `cut-${side}` && 'sizeBytes' in fault && sizeBytes > fault.sizeBytes) cut();
    else to.write(chunk);
  });
  from.on('end', () => to.end());
  from.on('error', () => undefined);
}
