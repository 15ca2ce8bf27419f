/** A thread that makes files of a work tree. Started by checkout-crew.ts only. */
import { workerData } from 'node:worker_threads';
import { type FileToMake, type MadeFiles, makeFiles } from './checkout-batch.ts';
import { type MakerSetup, openObjectMaker } from './make-object.ts';
import { serveOrders } from './serve-orders.ts';

const maker = openObjectMaker(workerData as MakerSetup);
serveOrders<readonly FileToMake[], MadeFiles>((files) => makeFiles(maker, files));
