/** A BLAKE3 computation in progress. */
export interface Blake3Stream {
  update(bytes: Uint8Array): void;
  /** 64 hex digits; the stream must not be used afterwards. */
  digestHex(): string;
}

/** An implementation of BLAKE3. Both compute the same; they differ in speed alone. */
export interface Blake3 {
  readonly name: 'native' | 'wasm';
  /** 64 hex digits of bytes that are all there. */
  hashHex(bytes: Uint8Array): string;
  createStream(): Blake3Stream;
}

let loaded: Promise<Blake3> | undefined;

/**
 * The fastest BLAKE3 this machine has: prebuilt native code where it can be loaded, else WebAssembly. Loading costs 20 to
 * 50 ms, so it happens when the first content is hashed, and once.
 */
export function loadBlake3(): Promise<Blake3> {
  loaded ??= loadNativeBlake3().catch(loadWasmBlake3);
  return loaded;
}

/** BLAKE3 in native code; rejects where the optional package is missing or has no build for this machine. */
export async function loadNativeBlake3(): Promise<Blake3> {
  const { Blake3Hasher } = await import('@napi-rs/blake-hash');
  const reused = new Blake3Hasher();
  return {
    name: 'native',
    hashHex(bytes) {
      reused.reset();
      return reused.update(asBuffer(bytes)).digest('hex');
    },
    createStream() {
      const hasher = new Blake3Hasher();
      return { update: (bytes) => void hasher.update(asBuffer(bytes)), digestHex: () => hasher.digest('hex') };
    },
  };
}

/** The native package takes Buffers only. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** BLAKE3 in WebAssembly: about a seventh of the native speed, but it runs everywhere. */
export async function loadWasmBlake3(): Promise<Blake3> {
  const { createHash, hash } = await import('blake3');
  return {
    name: 'wasm',
    hashHex: (bytes) => hash(bytes).toString('hex'),
    createStream() {
      const hasher = createHash();
      return { update: (bytes) => void hasher.update(bytes), digestHex: () => hasher.digest('hex') };
    },
  };
}
