/** The other side of thread-hand.ts. */
import { parentPort } from 'node:worker_threads';
import { failureOf, type ThreadFailure } from './thread-failure.ts';

/** What a thread says to an order. */
export type Reply<Answer> = { readonly answer: Answer } | { readonly failure: ThreadFailure };

/**
 * Obeys whoever started this thread, one order after the other.
 * @param handedOver memory of an answer that is not copied, but gone from here
 */
export function serveOrders<Order, Answer>(
  obey: (order: Order) => Answer | Promise<Answer>,
  handedOver: (answer: Answer) => ArrayBuffer[] = () => [],
): void {
  const reply = (message: Reply<Answer>, memory: ArrayBuffer[] = []): void => parentPort?.postMessage(message, memory);
  let last = Promise.resolve();
  parentPort?.on('message', (order: Order) => {
    last = last.then(async () => {
      try {
        const answer = await obey(order);
        reply({ answer }, handedOver(answer));
      } catch (error) {
        reply({ failure: failureOf(error) });
      }
    });
  });
}
