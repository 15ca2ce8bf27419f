import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Blake3, loadBlake3, loadNativeBlake3, loadWasmBlake3 } from '../../../src/adapters/files/blake3.ts';

const test = suite('blake3');

/** Sizes at the borders of BLAKE3's blocks (64) and chunks (1024), and of several chunks. */
const SIZES = [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 10_000, 1_100_000];

function bytesOf(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => i % 251);
}

function streamed(blake3: Blake3, bytes: Uint8Array, stepBytes: number): string {
  const stream = blake3.createStream();
  for (let at = 0; at < bytes.length; at += stepBytes) stream.update(bytes.subarray(at, at + stepBytes));
  return stream.digestHex();
}

test('native and WebAssembly agree, in one go and in pieces', async () => {
  const implementations = [await loadNativeBlake3(), await loadWasmBlake3()];
  assert.equal(
    implementations.map(({ name }) => name),
    ['native', 'wasm'],
  );
  for (const size of SIZES) {
    const bytes = bytesOf(size);
    const sums = implementations.flatMap((blake3) => [blake3.hashHex(bytes), streamed(blake3, bytes, 1000)]);
    assert.is(new Set(sums).size, 1, `${size} bytes: ${sums}`);
    assert.match(sums[0] ?? '', /^[0-9a-f]{64}$/);
  }
});

test('the published test vectors hold', async () => {
  const { hashHex } = await loadBlake3();
  assert.is(hashHex(bytesOf(0)), 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262');
  assert.is(hashHex(bytesOf(1)), '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213');
  assert.is(hashHex(bytesOf(1024)), '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7');
});

test('it is loaded once', () => {
  assert.is(loadBlake3(), loadBlake3());
});

test.run();
