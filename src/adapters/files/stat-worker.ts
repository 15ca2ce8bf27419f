/** A thread that looks at files for another one (see stat-helpers.ts). */
import { parentPort } from 'node:worker_threads';
import { endTurn, type StatOrder, takeTurn } from './stat-files.ts';

parentPort?.on('message', ({ board, parts }: StatOrder) => {
  const files = parts.map(({ path, names, first }) => ({ path, names: names.split('/'), first }));
  // What cannot be looked at stays empty: who asked looks again, and says why.
  while (takeTurn(board, files)) endTurn(board);
});
