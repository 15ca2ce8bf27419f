/**
 * Ed25519 (RFC 8032) over texts. Signing is deterministic: the same key and text give the same signature, so this is
 * pure although it is cryptography. Keys and signatures are base64url without padding.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256Hex } from './digest.ts';
import { CmfError } from './errors.ts';
import type { WriterId } from './ids.ts';

/** A raw Ed25519 public key: 32 bytes, base64url. */
export type PublicKey = string & { readonly __id: 'public-key' };
/** A raw Ed25519 seed: 32 bytes, base64url. Never leaves the clone. */
export type SecretKey = string & { readonly __id: 'secret-key' };
/** 64 bytes, base64url. */
export type Signature = string & { readonly __id: 'signature' };

/** The last digit of base64url carries spare bits, which must be 0: else one key had several spellings. */
const KEY_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SIGNATURE_PATTERN = /^[A-Za-z0-9_-]{85}[AQgw]$/;
/** PKCS #8 header of an Ed25519 seed (RFC 8410 §7). */
const PKCS8_PREFIX = '302e020100300506032b657004220420';

export function isPublicKey(text: unknown): text is PublicKey {
  return typeof text === 'string' && KEY_PATTERN.test(text);
}

export function isSignature(text: unknown): text is Signature {
  return typeof text === 'string' && SIGNATURE_PATTERN.test(text);
}

/**
 * A secret key from 32 random bytes.
 * @throws CmfError `internal` for another length
 */
export function secretKeyFrom(seed: Uint8Array): SecretKey {
  if (seed.length !== 32) throw new CmfError('internal', { message: `a seed has 32 bytes, not ${seed.length}` });
  return Buffer.from(seed).toString('base64url') as SecretKey;
}

/**
 * The public half of a secret key.
 * @throws CmfError `damaged` when the text is not a secret key
 */
export function publicKeyOf(secret: SecretKey): PublicKey {
  return createPublicKey(privateKeyObject(secret)).export({ format: 'jwk' }).x as PublicKey;
}

/** The id that a public key gives its writer: the first 128 bits of the SHA-256 of its 32 bytes. */
export function writerIdOf(key: PublicKey): WriterId {
  return sha256Hex(Buffer.from(key, 'base64url')).slice(0, 32) as WriterId;
}

export function signText(secret: SecretKey, text: string): Signature {
  return sign(null, Buffer.from(text, 'utf8'), privateKeyObject(secret)).toString('base64url') as Signature;
}

/** True if the signature over the text was made with this key. Never throws on hostile input. */
export function verifyText(key: PublicKey, text: string, signature: Signature): boolean {
  try {
    return verify(null, Buffer.from(text, 'utf8'), publicKeyObject(key), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

/** Making a key object costs as much as signing; one process signs with one key. */
let lastPrivate: { readonly secret: SecretKey; readonly object: KeyObject } | undefined;

function privateKeyObject(secret: SecretKey): KeyObject {
  if (lastPrivate?.secret !== secret) lastPrivate = { secret, object: makePrivateKey(secret) };
  return lastPrivate.object;
}

function makePrivateKey(secret: SecretKey): KeyObject {
  const seed = Buffer.from(secret, 'base64url');
  if (seed.length !== 32) throw new CmfError('damaged', { message: 'the secret key of this clone is not 32 bytes' });
  return createPrivateKey({
    key: Buffer.concat([Buffer.from(PKCS8_PREFIX, 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

/** Segments of one writer follow each other. */
let lastPublic: { readonly key: PublicKey; readonly object: KeyObject } | undefined;

function publicKeyObject(key: PublicKey): KeyObject {
  if (lastPublic?.key !== key) lastPublic = { key, object: makePublicKey(key) };
  return lastPublic.object;
}

function makePublicKey(key: PublicKey): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
}
