/** A small history with one of everything, for what renders it. */
import type { View } from '../../src/domain/view.ts';
import { digestOf, type ExecutionStory, type History, history } from './history.ts';

export type ExampleStory = {
  readonly story: History;
  readonly view: View;
  readonly clean: ExecutionStory;
  readonly train: ExecutionStory;
  readonly load: ExecutionStory;
};

export const COMMIT = `sha1:${'ab'.repeat(20)}`;
export const RAW = digestOf('blake3', 'raw');
export const RAW_MD5 = digestOf('md5', 'raw');
export const CLEAN = digestOf('blake3', 'clean');
export const MODEL = digestOf('blake3', 'model');

/** Cleaning, training (of which two clones say different things) and loading, in two pipelines. */
export function exampleStory(): ExampleStory {
  const story = history();
  const ann = story.writer('ann');
  const clean = ann
    .start('churn', 'clean', { commit: COMMIT, id: '01900000-0001-7000-8000-000000000001' })
    .input('raw.csv', [RAW, RAW_MD5], { values: { type: 'dataset', 'prop.rows': 10 }, sizeBytes: 12345 })
    .output('clean.csv', [CLEAN])
    .finish();
  const train = ann
    .start('churn', 'train', {
      id: '01900000-0002-7000-8000-000000000002',
      facts: {
        code: { commit: COMMIT, branch: 'main', dirty: true, repository: 'ssh://host/churn' },
        command: ['python', 'train.py', "it's"],
        environment: { python: '3.12' },
      },
    })
    .param('lr', 0.1)
    .param('__proto__', 'x')
    .set({ title: 'first try', 'prop.site': 'oslo' })
    .tag('best')
    .metric('auc', 0.9, 1)
    .metric('auc', 0.913, 2)
    .metric('loss', Number.NaN)
    .input('clean.csv', [CLEAN], { from: clean.lastUse })
    .output('model.pkl', [MODEL], { values: { type: 'model' }, sizeBytes: 7 })
    .finish('failed', { exitCode: 3 });
  const bob = story.writer('bob');
  bob.about(train).param('lr', 0.2).metric('auc', 0.914, 2);
  const load = bob.start('serve', 'load', { id: '01900000-0003-7000-8000-000000000003' }).input('m.pkl', [MODEL]);
  const view = story.view();
  const [churn] = view.pipelines;
  if (churn !== undefined) bob.set({ kind: 'pipeline', id: churn.id }, { title: 'Churn model' });
  bob.set({ kind: 'artifact', id: MODEL }, { label: 'good' });
  return { story, view: story.view(), clean, train, load };
}
