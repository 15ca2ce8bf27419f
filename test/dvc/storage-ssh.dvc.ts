/** A real sshd; DVC comes with an ssh of its own, git cmf with the user's. */
import { join } from 'node:path';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { startSftp } from '../storage/sftp-server.ts';
import { exchangeSuite } from './exchange.ts';

exchangeSuite('ssh', async () => {
  const served = await startSftp();
  const root = makeTempDirectory('shelves');
  return {
    shelf: (name) => ({
      url: `ssh://${served.user}@127.0.0.1:${served.port}${root}/${name}`,
      folder: join(root, name),
      settings: [`keyfile=${served.key}`],
      env: { GIT_SSH: served.ssh },
    }),
    stop: served.stop,
  };
});
