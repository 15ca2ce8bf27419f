/**
 * Transcripts: Markdown in which each ```console block holds commands and what they print.
 *
 *     $ git cmf init                      a command, for sh; `> ` continues it on the next line
 *     This clone records as writer [..].  its output, stdout and stderr as they come; [..] stands for any text in a line
 *     ...                                 any number of lines
 *     [exit status 2]                     last, where the status is not 0
 */

/** One command with the output that the transcript promises. */
export type Step = {
  readonly command: string;
  readonly expected: readonly string[];
  /** Lines of the Markdown file: those of the command, and the end of the output, counted from 0. */
  readonly outputStart: number;
  readonly outputEnd: number;
};

/** Finds the commands of a transcript, in order. */
export function parseTranscript(text: string): readonly Step[] {
  const steps: Step[] = [];
  const lines = text.split('\n');
  let at = 0;
  while (at < lines.length) {
    if (lines[at++] !== '```console') continue;
    while (at < lines.length && lines[at] !== '```') {
      const step = parseStep(lines, at);
      steps.push(step);
      at = step.outputEnd;
    }
    if (at >= lines.length) throw new Error('a ```console block is not closed');
  }
  return steps;
}

function parseStep(lines: readonly string[], start: number): Step {
  const first = lines[start] ?? '';
  if (!first.startsWith('$ ')) throw new Error(`line ${start + 1}: a block must begin with a command: "$ …"`);
  const command = [first.slice(2)];
  let at = start + 1;
  for (; lines[at]?.startsWith('> '); at++) command.push((lines[at] ?? '').slice(2));
  const outputStart = at;
  while (at < lines.length && lines[at] !== '```' && !lines[at]?.startsWith('$ ')) at++;
  return { command: command.join('\n'), expected: lines.slice(outputStart, at), outputStart, outputEnd: at };
}
