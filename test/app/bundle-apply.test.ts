import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openGitBundles } from '../../src/adapters/git/git-bundles.ts';
import { openGitServer } from '../../src/adapters/git/git-server.ts';
import { applyBundle } from '../../src/app/bundle-apply.ts';
import { runMergeWorker } from '../../src/app/merge-worker.ts';
import { REFS } from '../../src/domain/ids.ts';
import type { GitTransport } from '../../src/ports/git.ts';
import { withContext } from '../helpers/hosts.ts';
import { git, makeTempDirectory, sealedEnv } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite, recordRun } from '../helpers/sites.ts';

const it = suite('app: applying a bundle');

it('in a central repository it is merged, also when a worker has looked a moment too early', async () => {
  const [central, site] = [await makeCentral(), await makeSite(await makeCentral({ hooks: false }))];
  await recordRun(site);
  const file = join(makeTempDirectory('stick'), 'x.bundle');
  await cmf(site, ['bundle', 'create', file]);
  await withContext(central, async (context) => {
    const { repository } = context;
    const transport = Object.assign(Object.create(repository.transport) as GitTransport, {
      fetch: async (...args: Parameters<GitTransport['fetch']>) => {
        await repository.transport.fetch(...args);
        await runMergeWorker(context);
      },
    });
    const raced = {
      ...context,
      repository: Object.assign(Object.create(repository) as typeof repository, { transport }),
    };
    const env = sealedEnv();
    const { layout } = repository;
    const dependencies = { bundles: openGitBundles(layout, env), server: openGitServer(layout, env) };
    await applyBundle(raced, dependencies, file);
  });
  const trees = [REFS.mergedAll, REFS.archive].map((ref) => `${ref}^{tree}`);
  const [merged, archive] = (await git(['rev-parse', ...trees], { cwd: central })).stdout.trim().split('\n');
  assert.is(merged, archive);
});

it.run();
