/** Repositories on this machine: by path, and by file URL, where git speaks the protocol of its servers. */
import { join } from 'node:path';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { transportSuite } from './conformance.ts';
import type { Serving } from './serving.ts';

function serveFolder(scheme: string): Promise<Serving> {
  const root = makeTempDirectory('served');
  const url = (repository: string) => `${scheme}${join(root, repository)}`;
  return Promise.resolve({ root, url, env: {}, port: undefined, stop: () => Promise.resolve() });
}

transportSuite('path', () => serveFolder('')).run();
transportSuite('file', () => serveFolder('file://')).run();
