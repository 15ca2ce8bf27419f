import { StorageFailure } from '../../../domain/storage-failure.ts';

/** What a request was about. */
export type S3Place = {
  readonly bucket: string;
  /** Where it went, for a person: the endpoint's URL, or AWS. */
  readonly where: string;
  readonly storage: string;
};

/** What the client library throws. */
type Thrown = {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly cause?: unknown;
};

/** What a line says that broke, or a server that is not there for a moment. */
const LINE =
  /^(?:ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_PREMATURE_CLOSE)$/;
const PASSING =
  /^(?:TimeoutError|RequestTimeout|SlowDown|ServiceUnavailable|InternalError|Throttling\w*|RequestLimitExceeded|BadDigest|IncompleteBody|XAmzContentSHA256Mismatch|OperationAborted)$/;

/** Names that S3 gives to reasons why nobody is let in; the last one is versitygw's. */
const KEYS =
  /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|AuthorizationHeaderMalformed|XAdminUserNotFound)$/;

/** The failure for what a request ended with. */
export function s3Failure(error: unknown, place: S3Place): StorageFailure {
  if (error instanceof StorageFailure) return error;
  const thrown = (error ?? {}) as Thrown;
  const status = thrown.$metadata?.httpStatusCode;
  const name = thrown.name ?? '';
  const fail = (message: string, hint: string, retryable = false): StorageFailure =>
    new StorageFailure('environment', { message: `s3://${place.bucket}: ${message}`, hint, retryable, cause: error });
  if (/CredentialsProviderError|TokenProviderError/.test(name)) return withoutKeys(place, error);
  if (name === 'NoSuchBucket')
    return fail('there is no such bucket', `the URL of the storage, or whoever may make it: ${place.where}`);
  if (KEYS.test(name)) return notLetIn(`${name}: the keys are not those of ${place.where}`, place, error);
  if (name === 'RequestTimeTooSkewed')
    return fail("this machine's clock is wrong", 'set the date: the request is signed with it');
  // First, for the library calls a line that broke a TimeoutError.
  const code = lineCode(thrown);
  if (code !== undefined) return fail(`no line to ${place.where}: ${code}`, LATER, true);
  if (
    PASSING.test(name) ||
    status === 429 ||
    (status !== undefined && status >= 500 && status !== 501 && status !== 507)
  ) {
    return fail(`${place.where} answers ${[status, name].filter(Boolean).join(' ')}`, LATER, true);
  }
  if (status === 507) return fail('the storage is full', 'ask who runs it');
  if (status === 401 || status === 403) return notLetIn(`${place.where} refuses (${status})`, place, error);
  if (thrown.code === 'ENOTFOUND')
    return fail(`${place.where} is not known`, `git cmf storage list shows endpointurl of ${place.storage}`);
  return fail(oneLine(thrown.message) || name || 'it failed', `git cmf storage check ${place.storage}`);
}

const LATER = 'the same command again when the storage can be reached; what is complete stays';

function lineCode(thrown: Thrown): string | undefined {
  if (thrown.code !== undefined && LINE.test(thrown.code)) return thrown.code;
  if (thrown.message === 'aborted' || thrown.message === 'socket hang up') return 'ECONNRESET';
  const { cause } = thrown;
  return cause instanceof Error && cause !== thrown ? lineCode(cause) : undefined;
}

function withoutKeys({ bucket, storage }: S3Place, cause: unknown): StorageFailure {
  return new StorageFailure('environment', {
    message: `s3://${bucket}: no access keys were found: ${oneLine((cause as Thrown).message)}`,
    hint: `aws configure, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or git cmf storage set ${storage} --local access_key_id=… secret_access_key=…`,
    cause,
  });
}

function notLetIn(message: string, { bucket, storage }: S3Place, cause: unknown): StorageFailure {
  return new StorageFailure('refused', {
    message: `s3://${bucket}: ${message}`,
    hint: `git cmf storage list shows profile and keys of ${storage}; they must be allowed to list, get, put and delete there`,
    cause,
  });
}

function oneLine(text: string | undefined): string {
  return (text ?? '').split('\n')[0]?.slice(0, 200) ?? '';
}
