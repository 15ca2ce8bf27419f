/** Threads of their own that do what they are told. */
import { Worker } from 'node:worker_threads';
import { CmfError } from '../../domain/errors.ts';
import type { Reply } from './serve-orders.ts';
import { errorFrom } from './thread-failure.ts';

/** Whoever does work: this thread, or another. */
export type Hand<Order, Answer> = {
  /** One order after the other, whether or not the one before is answered. */
  readonly obey: (order: Order) => Promise<Answer>;
  readonly end: () => Promise<unknown>;
};

/**
 * The built file of a worker. In the bundle it lies beside this one. Sources that run as they are start the bundled one:
 * node 20 reads no TypeScript in a thread.
 */
export function threadFile(file: string): URL {
  return new URL(file, import.meta.url.endsWith('.ts') ? new URL('../../../dist/', import.meta.url) : import.meta.url);
}

/**
 * Starts a thread.
 * @param file the built file of a worker (see serve-orders.ts), relative to the program's, or a URL
 * @param setup what the worker finds in `workerData`
 */
export function startThread<Order, Answer>(file: string, setup: unknown): Hand<Order, Answer> {
  const worker = new Worker(threadFile(file), { workerData: setup });
  const asked: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void }[] = [];
  let death: { readonly error: unknown } | undefined;
  worker.on('message', (reply: Reply<Answer>) => {
    const one = asked.shift();
    if ('failure' in reply) one?.reject(errorFrom(reply.failure));
    else one?.resolve(reply.answer);
  });
  const die = (error: unknown): void => {
    death ??= { error };
    for (const one of asked.splice(0)) one.reject(death.error);
  };
  worker.on('error', die);
  worker.on('exit', () => die(new CmfError('internal', { message: `the thread of ${file} ended` })));
  return {
    obey: (order) =>
      new Promise((resolve, reject) => {
        // It would never answer.
        if (death !== undefined) return reject(death.error);
        asked.push({ resolve, reject });
        worker.postMessage(order);
      }),
    end: () => worker.terminate(),
  };
}
