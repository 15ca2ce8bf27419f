import { CmfError } from './errors.ts';

/**
 * The `.gitignore` line that hides one name in the file's own folder, as `dvc add` writes it: `/<name>`, with a
 * backslash before `[ ] ! * # ? \`.
 *
 * Where DVC's line does not work in git ours does: trailing spaces are escaped, and a line break, which no pattern can hold,
 * is matched by `?`.
 * @throws CmfError `internal` when the name is not one name
 */
export function gitignoreLine(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new CmfError('internal', { message: `'${name}' is not the name of one file in its folder` });
  }
  const escaped = name.replace(/[[\]!*#?\\]/g, '\\$&').replace(/[\r\n]/g, '?');
  return `/${escaped.replace(/ +$/, (spaces) => spaces.replaceAll(' ', '\\ '))}`;
}
