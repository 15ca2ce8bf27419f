import { readFileSync } from 'node:fs';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { type Storage, settingText } from '../../../domain/storage.ts';
import { StorageFailure } from '../../../domain/storage-failure.ts';

/** Requests at once; each has a connection, which stays open for the next one. */
export const SOCKETS = 64;
const CONNECT_SECONDS = 20;
const SILENCE_SECONDS = 60;
/** What S3 takes a request without a region for. */
const DEFAULT_REGION = 'us-east-1';

/**
 * A client for a storage: DVC's keys, else what AWS's own tools find (environment, ~/.aws, sign-on, the machine's role).
 * @throws StorageFailure `refused` for a certificate that cannot be read
 */
export async function openClient(storage: Storage): Promise<S3Client> {
  const text = (key: string): string | undefined => settingText(storage, key) || undefined;
  // Where DVC looks too, and as there what the environment says comes first.
  setDefault('AWS_SHARED_CREDENTIALS_FILE', text('credentialpath'));
  setDefault('AWS_CONFIG_FILE', text('configpath'));
  // Which node the next versions of the library want is nothing that a user can act on.
  setDefault('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
  const endpoint = text('endpointurl');
  const profile = text('profile');
  const config: S3ClientConfig = {
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(profile === undefined ? {} : { profile }),
    ...identity(text),
    ...(isFalse(text('use_ssl')) ? { tls: false } : {}),
    // Servers other than AWS know Content-MD5, and not all of them the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: true,
    // One policy for all storages tries again (src/app/retrying-storage.ts).
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: secondsOf(text('connect_timeout'), CONNECT_SECONDS) * 1000,
      socketTimeout: secondsOf(text('read_timeout'), SILENCE_SECONDS) * 1000,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS, ...trust(text('ssl_verify')) },
    },
  };
  return new S3Client({ ...config, region: text('region') ?? (await usualRegion(config)) });
}

function setDefault(name: string, value: string | undefined): void {
  if (value !== undefined) process.env[name] ??= value;
}

function identity(text: (key: string) => string | undefined): S3ClientConfig {
  if (isTrue(text('allow_anonymous_login'))) {
    const nobody = { accessKeyId: '', secretAccessKey: '' };
    return { credentials: nobody, signer: { sign: async (request) => request } };
  }
  const [accessKeyId, secretAccessKey, sessionToken] = ['access_key_id', 'secret_access_key', 'session_token'].map(
    text,
  );
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } };
}

/** The environment's or the profile's region; without one, that which answers for all. */
async function usualRegion(config: S3ClientConfig): Promise<string> {
  const fromEnvironment = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const probe = new S3Client(config);
  try {
    return await probe.config.region();
  } catch {
    return DEFAULT_REGION;
  } finally {
    probe.destroy();
  }
}

/** `false`: no certificate is checked; a path: those of this file are trusted. */
function trust(verify: string | undefined): { readonly rejectUnauthorized?: boolean; readonly ca?: Buffer } {
  if (verify === undefined || isTrue(verify)) return {};
  if (isFalse(verify)) return { rejectUnauthorized: false };
  try {
    return { ca: readFileSync(verify) };
  } catch (cause) {
    throw new StorageFailure('refused', {
      message: `ssl_verify names ${verify}, which cannot be read`,
      hint: 'a file with certificates (PEM), true or false',
      cause,
    });
  }
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}

function isFalse(text: string | undefined): boolean {
  return text?.toLowerCase() === 'false';
}

function secondsOf(text: string | undefined, usual: number): number {
  return text !== undefined && /^[0-9]+$/.test(text) && Number(text) > 0 ? Number(text) : usual;
}

/** What goes with every object that is written, as DVC's keys say, and what reads one that its owner's key hides. */
export type ObjectOptions = {
  readonly write: Readonly<Record<string, string>>;
  readonly customerKey: Readonly<Record<string, string>>;
};

/** @throws StorageFailure `refused` for a customer's key that is no base64 */
export function objectOptions(storage: Storage): ObjectOptions {
  const text = (key: string): string | undefined => settingText(storage, key) || undefined;
  const key = text('sse_customer_key');
  if (key !== undefined && Buffer.from(key, 'base64').length !== 32) {
    throw new StorageFailure('refused', { message: 'sse_customer_key is not 32 bytes in base64' });
  }
  const customerKey: Record<string, string> =
    key === undefined
      ? {}
      : {
          SSECustomerAlgorithm: text('sse_customer_algorithm') ?? 'AES256',
          SSECustomerKey: key,
        };
  const named: readonly (readonly [member: string, value: string | undefined])[] = [
    ['ServerSideEncryption', text('sse')],
    ['SSEKMSKeyId', text('sse_kms_key_id')],
    ['ACL', text('acl')],
    ['GrantRead', text('grant_read')],
    ['GrantReadACP', text('grant_read_acp')],
    ['GrantWriteACP', text('grant_write_acp')],
    ['GrantFullControl', text('grant_full_control')],
  ];
  const write = Object.fromEntries(named.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return { write: { ...write, ...customerKey }, customerKey };
}
