/** A thread that hashes, and keeps, what it is told to. Started by hash-crew.ts only. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadBlake3 } from './blake3.ts';
import { type CrewAnswer, type CrewOrder, createBatchHasher, type HashSetup, obeyOrder } from './hash-batch.ts';

const port = parentPort;
const batch = loadBlake3().then((blake3) => createBatchHasher(blake3, workerData as HashSetup));
// One order after the other: a thread has one set of buffers.
let last = Promise.resolve();
port?.on('message', (order: CrewOrder) => {
  last = last.then(async () => {
    const answer = await batch.then((hasher) => obeyOrder(hasher, order)).catch(failureOf);
    port.postMessage(answer, answer.kind === 'hashed' ? [answer.results.buffer as ArrayBuffer] : []);
  });
});

function failureOf(error: unknown): CrewAnswer {
  const { code, message, hint } = error as {
    readonly code?: string;
    readonly message?: string;
    readonly hint?: string;
  };
  return { kind: 'failed', code: code ?? 'internal', message: message ?? String(error), hint };
}
