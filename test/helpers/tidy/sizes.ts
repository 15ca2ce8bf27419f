import type { Finding, SourceFile } from './source-file.ts';

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;

const CONTROL = /^\s*(?:\}\s*)?(?:if|else|for|while|do|switch|case|try|catch|finally|return if)\b/;
const OPENS_ARROW = /=>\s*\{$/;
const OPENS_NAMED = /\bfunction\b[^;]*\{$/;
const OPENS_METHOD =
  /^\s+(?:(?:public|private|protected|static|async|override|get|set)\s+)*[*#]?[\w$]+(?:<.*>)?\(.*\).*\{$/;
const OPENS_AFTER_PARAMETERS = /^\s*\).*\{$/;

/** A function body: its first and last line, counted from 1. */
export type FunctionSpan = { readonly startLine: number; readonly endLine: number };

/** Finds files and functions under src beyond the hard stop; most are to be far shorter. */
export function checkSizes(files: readonly SourceFile[]): Finding[] {
  return files.filter(({ path }) => path.startsWith('src/')).flatMap(checkFile);
}

/**
 * The functions of a formatted file: the formatter guarantees that a body's closing brace stands at the indentation of
 * the line that begins the function, so no parser is needed.
 */
export function findFunctions(codeOnly: string): readonly FunctionSpan[] {
  const lines = codeOnly.split('\n').map((line) => line.trimEnd());
  return lines.flatMap((line, index) => {
    const start = functionStart(lines, line, index);
    if (start === undefined) return [];
    const closing = `${indentOf(line)}}`;
    const end = lines.findIndex((each, at) => at > index && each.startsWith(closing));
    return end < 0 ? [] : [{ startLine: start + 1, endLine: end + 1 }];
  });
}

function functionStart(lines: readonly string[], line: string, index: number): number | undefined {
  if (CONTROL.test(line) && !OPENS_ARROW.test(line)) return undefined;
  if (OPENS_AFTER_PARAMETERS.test(line)) {
    const start = lines.findLastIndex((each, at) => at < index && each !== '' && indentOf(each) === indentOf(line));
    return start < 0 || CONTROL.test(lines[start] ?? '') ? undefined : start;
  }
  return OPENS_ARROW.test(line) || OPENS_NAMED.test(line) || OPENS_METHOD.test(line) ? index : undefined;
}

function checkFile(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lineCount = file.text.trimEnd().split('\n').length;
  if (lineCount > FILE_LINES_MAX) {
    const message = `has ${lineCount} lines, more than ${FILE_LINES_MAX}: split it by reason to change`;
    findings.push({ path: file.path, line: 1, message });
  }
  for (const { startLine, endLine } of findFunctions(file.codeOnly)) {
    const length = endLine - startLine + 1;
    if (length <= FUNCTION_LINES_MAX) continue;
    const message = `a function has ${length} lines, more than ${FUNCTION_LINES_MAX}: give its steps names`;
    findings.push({ path: file.path, line: startLine, message });
  }
  return findings;
}

function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? '';
}
