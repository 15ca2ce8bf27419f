import { type Finding, lineAt } from './source-file.ts';

/** The page that explains every error code, one section each. */
export const ERROR_PAGE = 'docs/errors.md';

/** Finds error codes that the page does not explain, and sections about codes that do not exist. */
export function checkErrorDocs(codes: readonly string[], page: string): Finding[] {
  const sections = [...page.matchAll(/^## `?([\w-]+)`?\s*$/gm)];
  const explained = new Set(sections.map((match) => match[1] ?? ''));
  const missing = codes
    .filter((code) => !explained.has(code))
    .map((code) => ({ path: ERROR_PAGE, line: 1, message: `lacks a section "## ${code}": say what it means` }));
  const stale = sections
    .filter((match) => !codes.includes(match[1] ?? ''))
    .map((match) => ({
      path: ERROR_PAGE,
      line: lineAt(page, match.index),
      message: `explains "${match[1]}", which is no code of src/domain/errors.ts: remove the section`,
    }));
  return [...missing, ...stale];
}
