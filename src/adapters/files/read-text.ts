import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { DVC_YAML_BYTES_MAX } from '../../domain/dvc-yaml.ts';
import { CmfError } from '../../domain/errors.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/**
 * The bytes of one of DVC's files, which may come from a stranger; undefined when there is none. A link that leads to a
 * device, a FIFO, or more than any of these files ever holds is refused before it is read.
 */
export function readBytes(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw fileFailure(error, path);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw noFile(path);
    if (stats.size > DVC_YAML_BYTES_MAX) throw tooLarge(path);
    return readFileSync(fd);
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    closeSync(fd);
  }
}

/** The same as text. */
export function readText(path: string): string | undefined {
  return readBytes(path)?.toString('utf8');
}

function noFile(path: string): CmfError {
  return new CmfError('refused', {
    message: `${path} is neither a file nor a link to one, and is not read`,
    hint: `ls -l '${path}' shows what it is; move it out of the way`,
  });
}

function tooLarge(path: string): CmfError {
  return new CmfError('damaged', {
    message: `${path} is not a file that DVC can read: it is larger than ${DVC_YAML_BYTES_MAX} bytes`,
    hint: `git log -- '${path}' shows who wrote it`,
  });
}
