/** A thread that hashes, and keeps, what it is told to. Started by hash-hands.ts only. */
import { workerData } from 'node:worker_threads';
import { loadBlake3 } from './blake3.ts';
import { type CrewAnswer, type CrewOrder, createBatchHasher, type HashSetup, obeyOrder } from './hash-batch.ts';
import { serveOrders } from './serve-orders.ts';

const batch = loadBlake3().then((blake3) => createBatchHasher(blake3, workerData as HashSetup));
serveOrders<CrewOrder, CrewAnswer>(
  async (order) => obeyOrder(await batch, order),
  (answer) => (answer.kind === 'hashed' ? [answer.results.buffer as ArrayBuffer] : []),
);
