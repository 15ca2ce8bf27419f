import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isPublicKey,
  isSignature,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  type Signature,
  secretKeyFrom,
  signText,
  verifyText,
  writerIdOf,
} from '../../src/domain/signature.ts';
import { errorOf } from '../helpers/error-of.ts';

const it = suite('signature');

const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

/** RFC 8032, section 7.1, test 1: the empty message. */
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const KEY = base64url('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a') as PublicKey;
const SIGNATURE = base64url(
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
) as Signature;
const SECRET = secretKeyFrom(Buffer.from(SEED, 'hex'));

it('signs as RFC 8032 does', () => {
  assert.is(publicKeyOf(SECRET), KEY);
  assert.is(signText(SECRET, ''), SIGNATURE);
  assert.ok(verifyText(KEY, '', SIGNATURE));
});

it('gives a writer the first 128 bits of the hash of its key', () => {
  assert.is(writerIdOf(KEY), '21fe31dfa154a261626bf854046fd227');
});

it('signs text as UTF-8, the same each time', () => {
  const text = 'é\u{1f600}\n';
  assert.is(signText(SECRET, text), signText(SECRET, text));
  assert.ok(verifyText(KEY, text, signText(SECRET, text)));
  assert.not.ok(verifyText(KEY, text.normalize('NFD'), signText(SECRET, text)));
});

it('says no to another text, key or signature, and never throws', () => {
  const other = publicKeyOf(secretKeyFrom(new Uint8Array(32)));
  assert.not.ok(verifyText(KEY, 'x', SIGNATURE));
  assert.not.ok(verifyText(other, '', SIGNATURE));
  for (let i = 0; i < 86; i += 5) {
    const forged = `${SIGNATURE.slice(0, i)}${SIGNATURE[i] === 'A' ? 'Q' : 'A'}${SIGNATURE.slice(i + 1)}`;
    assert.not.ok(verifyText(KEY, '', forged as Signature), String(i));
  }
  for (const junk of ['', 'x', '!'.repeat(86), 'A'.repeat(86), 'A'.repeat(1000)]) {
    assert.not.ok(verifyText(KEY, '', junk as Signature));
    assert.not.ok(verifyText(junk as PublicKey, '', SIGNATURE));
  }
});

it('knows one spelling of a key and of a signature', () => {
  assert.ok(isPublicKey(KEY) && isSignature(SIGNATURE));
  // The last digit has bits to spare: with them set, the same bytes would have another name.
  const next = (text: string) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  for (const text of [next(KEY), `${KEY}=`, KEY.slice(1), `${KEY}\n`, KEY.replace(/.$/, '+'), null, 7]) {
    assert.not.ok(isPublicKey(text), String(text));
  }
  for (const text of [next(SIGNATURE), `${SIGNATURE}==`, SIGNATURE.slice(1), `${SIGNATURE}\n`, undefined]) {
    assert.not.ok(isSignature(text), String(text));
  }
});

it('refuses a seed or a secret key that has not 32 bytes', () => {
  assert.is(
    errorOf(() => secretKeyFrom(new Uint8Array(31))),
    'internal: a seed has 32 bytes, not 31',
  );
  for (const secret of ['', 'AAAA', 'A'.repeat(100)] as SecretKey[]) {
    assert.is(
      errorOf(() => publicKeyOf(secret)),
      'damaged: the secret key of this clone is not 32 bytes',
    );
    assert.match(
      errorOf(() => signText(secret, 'x')),
      /^damaged: /,
    );
  }
});

it.run();
