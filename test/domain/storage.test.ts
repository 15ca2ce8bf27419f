import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DvcConfig, readDvcConfig } from '../../src/domain/dvc-config.ts';
import {
  defaultStorageName,
  findStorage,
  listStorages,
  referringTo,
  settingText,
  shownSettings,
  shownUrl,
} from '../../src/domain/storage.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('storage');

function config(text: string): DvcConfig {
  return readDvcConfig([{ level: 'repository', path: '/r/.dvc/config', text }], '/home/u');
}

const TEAM = config(`[core]
remote = Lake
[remote "lake"]
url = s3://bucket/a
region = x
access_key_id = AK
[remote "sub"]
url = remote://Lake/b
region = y
[remote "broken"]
user = me
[remote "me"]
url = remote://me/x
[remote "host"]
url = ssh://ann@host/x
`);

test('the one that is named, else the default one', () => {
  assert.is(defaultStorageName(TEAM), 'lake');
  assert.is(findStorage(TEAM).name, 'lake');
  assert.is(findStorage(TEAM, 'HOST').address.kind, 'ssh');
  assert.ok(findStorage(TEAM).isDefault);
  assert.match(
    errorOf(() => findStorage(TEAM, 'none')),
    /^not-found: there is no storage 'none'/,
  );
  assert.match(
    errorOf(() => findStorage(config(''))),
    /^not-found: no storage is set/,
  );
});

test('one within another has its keys where it has none of its own', () => {
  const sub = findStorage(TEAM, 'sub');
  assert.is(sub.url, 's3://bucket/a/b');
  assert.is(settingText(sub, 'region'), 'y');
  assert.is(settingText(sub, 'access_key_id'), 'AK');
  assert.equal(referringTo(TEAM, 'lake'), ['sub']);
});

test('one that cannot be understood does not hide the others', () => {
  const rows = listStorages(TEAM);
  assert.equal(
    rows.map((row) => ('error' in row ? `${row.name}: ${row.error.message}` : row.name)),
    [
      'lake',
      'sub',
      "broken: the storage 'broken' has no URL, and DVC fails for every command because of it",
      "me: the storage 'me' refers to itself",
      'host',
    ],
  );
});

test('shows no secret and no user', () => {
  assert.equal(shownSettings(findStorage(TEAM)), { shown: [['region', 'x']], secrets: ['access_key_id'] });
  assert.is(shownUrl(findStorage(TEAM, 'host')), 'ssh://host/x');
});

test.run();
