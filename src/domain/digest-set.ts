import { type Digest, formatDigest } from './digest.ts';

/** Digests by kind and value, each once. */
export type DigestSet = {
  readonly add: (digest: Digest) => void;
  readonly has: (digest: Digest) => boolean;
  readonly values: () => Iterable<Digest>;
};

/** A set with these digests in it. */
export function createDigestSet(digests: Iterable<Digest> = []): DigestSet {
  const byName = new Map<string, Digest>();
  const add = (digest: Digest): void => void byName.set(formatDigest(digest), digest);
  for (const digest of digests) add(digest);
  return { add, has: (digest) => byName.has(formatDigest(digest)), values: () => byName.values() };
}
