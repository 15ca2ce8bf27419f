/** A real S3 server that is not AWS: versitygw. */
import { join } from 'node:path';
import { makeBucket, startS3 } from '../storage/s3-server.ts';
import { exchangeSuite } from './exchange.ts';

exchangeSuite('S3', async () => {
  const served = await startS3();
  makeBucket(served, 'bucket');
  const keys = [`access_key_id=${served.accessKeyId}`, `secret_access_key=${served.secretAccessKey}`];
  return {
    shelf: (name) => ({
      url: `s3://bucket/prefix/${name}`,
      folder: join(served.root, 'bucket/prefix', name),
      settings: [...keys, `endpointurl=http://127.0.0.1:${served.port}`],
      env: {},
    }),
    stop: served.stop,
  };
});
