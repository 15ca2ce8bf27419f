import { join } from 'node:path';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { exchangeSuite } from './exchange.ts';

exchangeSuite('a folder', async () => {
  const root = makeTempDirectory('shelves');
  return {
    shelf: (name) => ({ url: join(root, name), folder: join(root, name), settings: [], env: {} }),
    stop: async () => undefined,
  };
});
