import type { CONFIG_LEVELS } from '../../../domain/dvc-config.ts';
import type { CmfError } from '../../../domain/errors.ts';
import { type Storage, shownSettings, shownUrl } from '../../../domain/storage.ts';
import type { Listing } from './listing.ts';

/** A storage, or one that cannot be understood. */
export type StorageRow = Storage | { readonly name: string; readonly error: CmfError };

/** What a file is called, by its level. */
const FILES: Readonly<Record<(typeof CONFIG_LEVELS)[number], string>> = {
  system: 'the system',
  user: 'the user',
  repository: '.dvc/config',
  local: '.dvc/config.local',
};

/** `storage list`; a row's key is the storage's name. */
export const STORAGES: Listing<StorageRow> = {
  schema: 'git-cmf/storages/1',
  columns: [
    { title: 'NAME' },
    { title: 'URL', mayShrink: true },
    { title: 'FROM' },
    { title: 'KEYS', mayShrink: true },
  ],
  cellsOf: (row) => {
    if ('error' in row) return [row.name, row.error.message, '', ''];
    const { shown, secrets } = shownSettings(row);
    const keys = [...shown.map(([key, value]) => `${key}=${value}`), ...secrets.map((key) => `${key}=…`)];
    return [row.isDefault ? `${row.name} *` : row.name, shownUrl(row), FILES[row.level], keys.join(' ')];
  },
  itemOf: (row) => {
    if ('error' in row) {
      const none = { url: null, kind: null, default: false, from: null, settings: {}, secrets: [] };
      return { name: row.name, ...none, problem: row.error.message };
    }
    const { shown, secrets } = shownSettings(row);
    return {
      name: row.name,
      url: shownUrl(row),
      kind: row.address.kind === 'other' ? row.address.scheme : row.address.kind,
      default: row.isDefault,
      from: row.level,
      settings: Object.fromEntries(shown),
      secrets: [...secrets],
      problem: null,
    };
  },
  keyOf: ({ name }) => name,
};
