import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Storage } from '../../../domain/storage.ts';
import { noSuchObject, truncated } from '../../../domain/storage-failure.ts';
import { isStorageKey, type StorageKey } from '../../../domain/storage-key.ts';
import type { StorageAddress } from '../../../domain/storage-url.ts';
import type { GetOptions, ObjectStorage, StoredObject } from '../../../ports/object-storage.ts';
import { inParallel } from '../in-parallel.ts';
import { writeFully, writeNewFile } from '../new-file.ts';
import { memoryRoom } from './memory-room.ts';
import { type ObjectOptions, objectOptions, openClient, SOCKETS } from './s3-client.ts';
import { s3Failure } from './s3-failure.ts';
import { uploadFile } from './s3-upload.ts';

type S3Address = Extract<StorageAddress, { readonly kind: 's3' }>;

const PARALLEL = 32;
/** Bytes of files in memory at once, while they go up. */
const MEMORY_BYTES = 96 * 1024 * 1024;

/** A bucket of AWS, or of anybody who speaks the same. */
export async function openS3Storage(storage: Storage, address: S3Address): Promise<ObjectStorage> {
  const client = await openClient(storage);
  const options = objectOptions(storage);
  const { bucket, prefix: base } = address;
  const where = storage.settings.get('endpointurl')?.value;
  const place = { bucket, where: typeof where === 'string' ? where : 'AWS', storage: storage.name };
  const at = (key: string): string => (base === '' ? key : `${base}/${key}`);
  const withRoom = memoryRoom(MEMORY_BYTES);
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw s3Failure(error, place);
    }
  };
  return {
    parallel: PARALLEL,
    async *list(prefix) {
      const start = at('');
      let token: string | undefined;
      do {
        const query = { Bucket: bucket, Prefix: at(prefix), ContinuationToken: token };
        const page = await attempt(() => client.send(new ListObjectsV2Command(query)));
        const batch = (page.Contents ?? []).flatMap(({ Key = '', Size = 0 }): StoredObject[] => {
          const key = Key.slice(start.length);
          return isStorageKey(key) ? [{ key, sizeBytes: Size }] : [];
        });
        if (batch.length > 0) yield batch;
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    sizes: async (keys) => {
      const sizes = new Map<StorageKey, number>();
      await inParallel(keys, SOCKETS, async (key) => {
        const size = await attempt(() => headSize(client, bucket, at(key), options));
        if (size !== undefined) sizes.set(key, size);
      });
      return sizes;
    },
    put: (key, source) => attempt(() => uploadFile({ client, bucket, key: at(key), source, ...options, withRoom })),
    get: (key, path, { observe } = {}) =>
      attempt(() => download({ client, bucket, objectKey: at(key), key, path, observe, options })),
    // An upload is no object before its end; the bucket's rules say how long its parts are kept.
    unfinished: async () => [],
    remove: async (key) => {
      await attempt(() => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: at(key) })));
    },
    // What was acknowledged is as durable as it gets.
    settle: async () => undefined,
    close: async () => client.destroy(),
  };
}

async function headSize(
  client: S3Client,
  bucket: string,
  key: string,
  { customerKey }: ObjectOptions,
): Promise<number | undefined> {
  try {
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...customerKey }));
    return ContentLength ?? 0;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const { name } = (error ?? {}) as { readonly name?: string };
  return name === 'NotFound' || name === 'NoSuchKey';
}

type Download = {
  readonly client: S3Client;
  readonly bucket: string;
  readonly objectKey: string;
  readonly key: StorageKey;
  readonly path: string;
  readonly observe: GetOptions['observe'];
  readonly options: ObjectOptions;
};

async function download({ client, bucket, objectKey, key, path, observe, options }: Download): Promise<number> {
  return await writeNewFile(path, async (file) => {
    const query = { Bucket: bucket, Key: objectKey, ...options.customerKey };
    const { Body, ContentLength } = await client.send(new GetObjectCommand(query)).catch((error: unknown) => {
      throw isAbsent(error) ? noSuchObject(key, error) : error;
    });
    const see = observe?.();
    let size = 0;
    for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
      see?.(chunk);
      await writeFully(file, path, chunk);
      size += chunk.length;
    }
    if (ContentLength !== undefined && size !== ContentLength) throw truncated(key, size, ContentLength);
    return size;
  });
}
