import { CmfError } from '../../domain/errors.ts';
import type { Reporter } from '../../ports/effects.ts';

/** The standard streams of a process. */
export type Streams = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
};

export type Terminal = {
  readonly print: (text: string) => void;
  /** Rejects with `environment` when nobody reads any more: half of a file is none. */
  readonly printBytes: (bytes: Uint8Array) => Promise<void>;
  readonly complain: (text: string) => void;
  readonly reporter: Reporter;
  readonly inputLines: () => AsyncIterable<Uint8Array>;
  readonly inputBytes: () => AsyncIterable<Uint8Array>;
  readonly columns: number | undefined;
};

/** Results on stdout, everything for a person on stderr; notes and progress only when a person watches. */
export function openTerminal(streams: Streams): Terminal {
  const { stdin, stdout, stderr } = streams;
  const isWatched = stderr.isTTY === true;
  // A reader that has seen enough (head, a pager) closes the pipe; that is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const complain = (text: string) => void stderr.write(text);
  return {
    print: (text) => void stdout.write(text),
    printBytes: (bytes) => writeWhole(stdout, bytes),
    complain,
    reporter: {
      warn: (message) => complain(`warning: ${message}\n`),
      note: (message) => {
        if (isWatched) complain(`${message}\n`);
      },
      progress: (message) => {
        if (isWatched) complain(`\r\x1b[K${message}`);
      },
    },
    inputLines: () => splitLines(stdin),
    inputBytes: () => stdin,
    // A terminal that does not know its width says 0.
    columns: stdout.isTTY === true && stdout.columns > 0 ? stdout.columns : undefined,
  };
}

function writeWhole(stream: NodeJS.WriteStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (cause) => {
      if (cause === undefined || cause === null) resolve();
      else reject(new CmfError('environment', { message: 'standard output was closed before all was written', cause }));
    });
  });
}

const LINE_FEED = 0x0a;

/** Lines of a byte stream without their line feeds; a last line without one counts. */
async function* splitLines(stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest: Uint8Array[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
