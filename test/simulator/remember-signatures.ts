/**
 * Checks each signature once. Every site of a world checks the same signatures, again and again; whether one holds is a
 * function of key, text and signature alone, so the answer may be kept. Nothing else of the program is changed here.
 */
import crypto, { type KeyObject } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const ANSWERS_MAX = 20_000;

/** Makes `node:crypto` remember keys and answers, in this process and for good. */
export function rememberSignatures(): void {
  const { verify, createPublicKey, createPrivateKey } = crypto;
  const keys = new Map<string, KeyObject>();
  const answers = new Map<string, boolean>();
  const names = new WeakMap<object, string>();
  const remembered = (make: (input: never) => KeyObject) => (input: unknown) => {
    const name = input instanceof crypto.KeyObject ? undefined : `${make.name} ${JSON.stringify(input)}`;
    const known = name === undefined ? undefined : keys.get(name);
    if (known !== undefined) return known;
    const made = make(input as never);
    if (name === undefined) return made;
    if (keys.size > ANSWERS_MAX) keys.clear();
    keys.set(name, made);
    names.set(made, name);
    return made;
  };
  const verifyOnce = (algorithm: null, text: Buffer, key: KeyObject, signature: Buffer): boolean => {
    const question = `${names.get(key)} ${signature.toString('latin1')} ${text.toString('latin1')}`;
    const known = answers.get(question);
    if (known !== undefined) return known;
    const answer = verify(algorithm, text, key, signature);
    if (answers.size > ANSWERS_MAX) answers.clear();
    answers.set(question, answer);
    return answer;
  };
  Object.assign(crypto, {
    verify: verifyOnce,
    createPublicKey: remembered(createPublicKey as (input: never) => KeyObject),
    createPrivateKey: remembered(createPrivateKey as (input: never) => KeyObject),
  });
  syncBuiltinESMExports();
}
