import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sourceChanged } from '../../../domain/storage-failure.ts';
import type { SourceFile } from '../../../ports/object-storage.ts';
import { diskFailure } from '../disk-failure.ts';
import { inParallel } from '../in-parallel.ts';
import { openSource, requireSame } from '../source-file.ts';

/** A larger file goes up in parts of this size, or of more where there would be too many of them. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_MAX = 10_000;
/** Parts of one file at once. */
const PARTS_AT_ONCE = 4;

export type Upload = {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly source: SourceFile;
  readonly write: Readonly<Record<string, string>>;
  readonly customerKey: Readonly<Record<string, string>>;
  /** Waits until there is room for so many bytes in memory, does the work, and gives the room back. */
  readonly withRoom: <Result>(sizeBytes: number, work: () => Promise<Result>) => Promise<Result>;
};

/** Sends a file with the md5 of each piece, so that the server refuses what changed on the way. */
export async function uploadFile(upload: Upload): Promise<void> {
  const { source } = upload;
  const file = await openSource(source.path);
  try {
    await requireSame(file, source);
    if (source.sizeBytes <= PART_BYTES) await putWhole(upload, file);
    else await putParts(upload, file);
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function putWhole({ client, bucket, key, source, write, withRoom }: Upload, file: FileHandle): Promise<void> {
  await withRoom(source.sizeBytes, async () => {
    const bytes = await readPiece(file, source.path, 0, source.sizeBytes);
    await requireSame(file, source);
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentMD5: md5Of(bytes), ...write }),
    );
  });
}

async function putParts(upload: Upload, file: FileHandle): Promise<void> {
  const { client, bucket, key, source, write } = upload;
  const object = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...object, ...write }));
  try {
    const parts = await sendParts(upload, file, UploadId);
    await requireSame(file, source);
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    // Parts that were sent cost their owner money until they are given up.
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
    throw error;
  }
}

type Part = { readonly PartNumber: number; readonly ETag: string | undefined };

async function sendParts(upload: Upload, file: FileHandle, uploadId: string | undefined): Promise<Part[]> {
  const { client, bucket, key, source, customerKey, withRoom } = upload;
  const partBytes = Math.max(PART_BYTES, Math.ceil(source.sizeBytes / PARTS_MAX));
  const count = Math.ceil(source.sizeBytes / partBytes);
  const parts: Part[] = [];
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  await inParallel(numbers, PARTS_AT_ONCE, async (number) => {
    const offset = (number - 1) * partBytes;
    const length = Math.min(partBytes, source.sizeBytes - offset);
    const { ETag } = await withRoom(length, async () => {
      const bytes = await readPiece(file, source.path, offset, length);
      return client.send(
        new UploadPartCommand({
          Bucket: bucket,
          Key: key,
          UploadId: uploadId,
          PartNumber: number,
          Body: bytes,
          ContentMD5: md5Of(bytes),
          ...customerKey,
        }),
      );
    });
    parts.push({ PartNumber: number, ETag });
  });
  return parts.sort((a, b) => a.PartNumber - b.PartNumber);
}

async function readPiece(file: FileHandle, path: string, offset: number, length: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(length);
  for (let got = 0; got < length; ) {
    const { bytesRead } = await file.read(piece, got, length - got, offset + got).catch((error: unknown) => {
      throw diskFailure(path, error);
    });
    if (bytesRead === 0) throw sourceChanged(path);
    got += bytesRead;
  }
  return piece;
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}
