/** An S3 server that is not AWS: versitygw. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { ObjectStorage } from '../../src/ports/object-storage.ts';
import { failureOf, fileWith, listed, type StorageSubject, storageSuite } from '../conformance/object-storage.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';
import { type Fault, type FaultyProxy, makeBucket, type S3Serving, startFaultyProxy, startS3 } from './s3-server.ts';
import { openAs, storageOf } from './storage-of.ts';

let served: S3Serving;
let proxy: FaultyProxy;
let count = 0;
const opened: ObjectStorage[] = [];

function freshUrl(): string {
  return `s3://bucket/prefix/${++count}`;
}

async function open(url: string, settings: Readonly<Record<string, string>> = {}): Promise<ObjectStorage> {
  const keys = { access_key_id: served.accessKeyId, secret_access_key: served.secretAccessKey };
  const endpoint = { endpointurl: `http://127.0.0.1:${served.port}` };
  const storage = await openAs(storageOf(url, { ...keys, ...endpoint, ...settings }));
  opened.push(storage);
  return storage;
}

/** The same behind the proxy. */
const openFaulty = (url: string) => open(url, { endpointurl: `http://127.0.0.1:${proxy.port}` });

const it = storageSuite('s3', async (): Promise<StorageSubject> => {
  served = await startS3();
  proxy = await startFaultyProxy(served.port);
  makeBucket(served, 'bucket');
  return {
    fresh: async () => {
      const url = freshUrl();
      return { storage: await open(url), again: () => open(url) };
    },
    stop: async () => {
      await Promise.all(opened.map((one) => one.close()));
      await proxy.stop();
      await served.stop();
    },
  };
});

it('objects lie where DVC looks for them', async () => {
  const url = freshUrl();
  const storage = await open(url);
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  assert.is(readFileSync(join(served.root, url.slice('s3://'.length), source.key), 'utf8'), 'x');
});

it('a bucket without a prefix works as well', async () => {
  makeBucket(served, 'whole');
  const storage = await open('s3://whole');
  const source = fileWith(Buffer.from('x'));
  await storage.put(source.key, source);
  assert.equal(await listed(storage, 'files/md5/'), new Map([[source.key, 1]]));
});

it('a listing of more than one page is whole', async () => {
  const storage = await open(freshUrl());
  const sources = Array.from({ length: 1005 }, (_, i) => fileWith(Buffer.from(`object ${i}`)));
  for (let i = 0; i < sources.length; i += 50) {
    await Promise.all(sources.slice(i, i + 50).map((source) => storage.put(source.key, source)));
  }
  assert.is((await listed(storage, 'files/md5/')).size, 1005);
});

const PASSING: readonly (readonly [words: string, method: string, fault: Fault])[] = [
  ['an answer 500', 'PUT', { kind: 'answer', status: 500, code: 'InternalError' }],
  ['an answer 503', 'PUT', { kind: 'answer', status: 503, code: 'SlowDown' }],
  ['a line that is cut', 'PUT', { kind: 'cut-request', sizeBytes: 100_000 }],
  ['bytes that change on the way', 'PUT', { kind: 'spoil-request' }],
];

for (const size of [1_000_000, 20_000_000]) {
  for (const [words, method, fault] of PASSING) {
    it(`${words} leaves no object of ${size} bytes, and may pass`, async () => {
      const storage = await openFaulty(freshUrl());
      const source = fileWith(randomBytes(size));
      proxy.plan(method, fault);
      const failure = await failureOf(storage.put(source.key, source));
      assert.ok(failure.retryable, failure.message);
      assert.equal(await listed(storage, ''), new Map());
      await storage.put(source.key, source);
      assert.equal(await storage.sizes([source.key]), new Map([[source.key, size]]));
    });
  }
}

it('a download that is cut leaves no file, and may pass', async () => {
  const storage = await openFaulty(freshUrl());
  const source = fileWith(randomBytes(1_000_000));
  await storage.put(source.key, source);
  const path = join(makeTempDirectory('target'), 'file');
  const faults: Fault[] = [
    { kind: 'cut-response', sizeBytes: 10 },
    { kind: 'cut-response', sizeBytes: 900_000 },
    { kind: 'answer', status: 500, code: 'InternalError' },
  ];
  for (const fault of faults) {
    proxy.plan('GET', fault);
    const failure = await failureOf(storage.get(source.key, path));
    assert.ok(failure.retryable, failure.message);
    assert.not(existsSync(path));
  }
  assert.is(await storage.get(source.key, path), 1_000_000);
});

it('other bytes than those that were stored are for the caller to notice: it saw each of them', async () => {
  const storage = await openFaulty(freshUrl());
  const source = fileWith(Buffer.alloc(1000));
  await storage.put(source.key, source);
  proxy.plan('GET', { kind: 'spoil-response' });
  const path = join(makeTempDirectory('target'), 'file');
  const chunks: Buffer[] = [];
  await storage.get(source.key, path, { observe: () => (chunk) => void chunks.push(Buffer.from(chunk)) });
  assert.ok(Buffer.concat(chunks).equals(readFileSync(path)));
  assert.is(chunks[0]?.[0], 1);
});

it('parts that were sent in vain are given up', async () => {
  const url = freshUrl();
  const storage = await openFaulty(url);
  const source = fileWith(randomBytes(20_000_000));
  proxy.plan('PUT', { kind: 'answer', status: 500, code: 'InternalError' });
  await failureOf(storage.put(source.key, source));
  assert.ok(proxy.seen.some((line) => line.startsWith('DELETE') && line.includes('uploadId=')));
});

it('tells what is wrong with the keys, the bucket and the server', async () => {
  const { key } = fileWith(Buffer.from('x'));
  const source = fileWith(Buffer.from('x'));
  const tries: readonly (readonly [
    url: string,
    settings: Readonly<Record<string, string>>,
    code: string,
    words: RegExp,
  ])[] = [
    [freshUrl(), { access_key_id: 'NOBODY' }, 'refused', /InvalidAccessKeyId|XAdminUserNotFound/],
    [freshUrl(), { secret_access_key: 'wrong' }, 'refused', /SignatureDoesNotMatch/],
    ['s3://nobucket/x', {}, 'environment', /there is no such bucket/],
    [
      freshUrl(),
      { endpointurl: 'http://127.0.0.1:1' },
      'environment',
      /no line to http:\/\/127\.0\.0\.1:1: ECONNREFUSED/,
    ],
    [freshUrl(), { endpointurl: 'http://nowhere.invalid' }, 'environment', /nowhere\.invalid/],
  ];
  for (const [url, settings, code, words] of tries) {
    const storage = await open(url, settings);
    const failure = await failureOf(listed(storage, 'files/'));
    assert.is(failure.code, code, failure.message);
    assert.match(failure.message, words);
    assert.is((await failureOf(storage.put(key, source))).code, code);
  }
});

it('keys may be where the tools of AWS have them', async () => {
  const file = join(makeTempDirectory('aws'), 'credentials');
  writeFileSync(
    file,
    `[team]\naws_access_key_id = ${served.accessKeyId}\naws_secret_access_key = ${served.secretAccessKey}\n`,
  );
  const endpoint = { endpointurl: `http://127.0.0.1:${served.port}` };
  const storage = await openAs(storageOf(freshUrl(), { ...endpoint, profile: 'team', credentialpath: file }));
  opened.push(storage);
  assert.equal(await listed(storage, ''), new Map());
  const none = await openAs(storageOf(freshUrl(), { ...endpoint, profile: 'nobody' }));
  opened.push(none);
  const failure = await failureOf(listed(none, ''));
  assert.is(failure.code, 'environment');
  assert.match(failure.hint ?? '', /AWS_ACCESS_KEY_ID/);
});

it('nothing of an upload that failed is left in the bucket', async () => {
  const url = freshUrl();
  const storage = await openFaulty(url);
  const source = fileWith(randomBytes(20_000_000));
  proxy.plan('PUT', { kind: 'cut-request', sizeBytes: 3_000_000 });
  await failureOf(storage.put(source.key, source));
  const root = join(served.root, url.slice('s3://'.length));
  assert.equal(existsSync(root) ? readdirSync(root) : [], []);
});

it.run();
