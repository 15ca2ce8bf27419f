/** Where a storage lies, as its URL in DVC's configuration says. */
import { CmfError } from './errors.ts';

export type StorageAddress =
  | { readonly kind: 'folder'; readonly path: string }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** On the host; relative to where one logs in if it does not begin with `/`. */
      readonly path: string;
    }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** Without a slash at either end; empty for the whole bucket. */
      readonly prefix: string;
    }
  /** One that DVC reaches and git cmf does not. */
  | { readonly kind: 'other'; readonly scheme: string };

/**
 * Reads the URL of a storage, its path already absolute.
 * @throws CmfError `refused` for one that could be read in two ways, or that is no address at all
 */
export function parseStorageUrl(url: string): StorageAddress {
  const [, scheme = '', rest = ''] = /^([a-zA-Z0-9+.-]+):\/\/(.*)$/s.exec(url) ?? [];
  if (/[\x00-\x1f\x7f]/.test(url)) throw refused(url, 'has control characters');
  switch (scheme.toLowerCase()) {
    case '':
      return { kind: 'folder', path: url };
    case 'file':
      // DVC 3.67 stores it in a folder named `file:` below wherever it is called.
      throw refused(url, 'is what DVC takes for a folder named `file:`; it wants the plain path');
    case 'ssh':
      return parseSsh(url, rest);
    case 's3':
      return parseS3(url, rest);
    default:
      return { kind: 'other', scheme: scheme.toLowerCase() };
  }
}

function parseSsh(url: string, rest: string): StorageAddress {
  if (/[?#]/.test(rest)) throw refused(url, 'has a ? or #, which DVC would cut the path at');
  const [, login, host = '', port, path = ''] =
    /^(?:([^/]*)@)?([^/@:[\]]+|\[[0-9a-fA-F:.%]+\])(?::([0-9]+))?(\/.*)?$/s.exec(rest) ?? [];
  if (host === '') throw refused(url, 'names no host: ssh://host/path');
  if (login?.includes(':')) throw refused(url, 'has a password in it');
  // ssh would take it for an option.
  if (host.startsWith('-') || login?.startsWith('-')) throw refused(url, 'has a host or user that begins with -');
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && (number < 1 || number > 65_535)) throw refused(url, 'has a port that cannot be');
  return { kind: 'ssh', host: host.replace(/^\[(.*)\]$/, '$1'), user: login, port: number, path: withoutSlash(path) };
}

function parseS3(url: string, rest: string): StorageAddress {
  if (/[?#]/.test(rest)) throw refused(url, 'has a ? or #, which DVC would cut the path at');
  const [bucket = '', ...parts] = withoutSlash(rest).split('/');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(bucket)) throw refused(url, 'names no bucket: s3://bucket/prefix');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refused(url, 'has an empty part in its path');
  return { kind: 's3', bucket, prefix: parts.join('/') };
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
}

function refused(url: string, why: string): CmfError {
  const shown = url.replace(/^([a-z0-9+.-]+:\/\/)[^/]*@/i, '$1');
  return new CmfError('refused', {
    message: `${shown} ${why}`,
    hint: 'a folder, ssh://host/path or s3://bucket/prefix',
  });
}

function decodeFilePath(url: string, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused(url, 'has a % that stands for nothing');
  }
}

/**
 * What a person typed for a storage, as DVC's configuration has it; a file URL becomes the path that it stands for.
 * @throws CmfError `usage` for git's short form of an ssh URL and for kinds that git cmf does not reach; `refused`
 */
export function typedStorageUrl(typed: string): string {
  if (typed.trim() === '' || typed !== typed.trim()) {
    throw new CmfError('usage', {
      message: `'${typed}' is no URL`,
      hint: 'a folder, ssh://host/path or s3://bucket/prefix',
    });
  }
  const file = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(typed)?.[1];
  if (file !== undefined) return withoutSlash(decodeFilePath(typed, file));
  const [, user = '', host = '', path = ''] = /^(?:([^/:@]+)@)?([^/:@]+):(?!\/\/)(.*)$/s.exec(typed) ?? [];
  if (host !== '' && !typed.includes('://')) {
    const login = user === '' ? '' : ` --set user=${user}`;
    throw new CmfError('usage', {
      message: `DVC would take '${typed}' for a folder of that name`,
      hint: `ssh://${host}${path.startsWith('/') ? path : `/path/to/${path}`}${login} for a host; ./${typed} for a folder`,
    });
  }
  const address = parseStorageUrl(typed);
  if (address.kind === 'other') {
    throw new CmfError('usage', {
      message: `git cmf does not reach ${address.scheme}:// storages`,
      hint: 'a folder, ssh://host/path or s3://bucket/prefix',
    });
  }
  if (address.kind === 'ssh' && address.path.length < 2) {
    throw new CmfError('usage', {
      message: `${typed} names no folder`,
      hint: `${typed.replace(/\/+$/, '')}/path/to/storage`,
    });
  }
  return typed;
}
