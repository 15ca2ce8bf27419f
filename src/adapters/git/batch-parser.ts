/** What the parser needs to know of the next answer before it comes, and whom to give it to. */
export type BatchListener = {
  /** True if the answer that comes next has a body (a `contents` command, not `info`). */
  readonly expectsBody: () => boolean;
  /** `body` is undefined for `info`, for an object that is missing, and for one above the limit. */
  readonly onAnswer: (header: string, body: Buffer | undefined) => void;
};

type Body = { readonly header: string; readonly bytes: Buffer | undefined; readonly sizeBytes: number; read: number };

/** Bodies above this are read and dropped: no caller wants them, and an allocation that fails would end the process. */
export const BODY_LIMIT_BYTES = 1024 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Cuts the output of `git cat-file --batch-command` into answers, whatever the chunks it arrives in.
 *
 * Format: `<id> <type> <size>\n` and for `contents` also `<bytes>\n`; or `<name> missing\n`.
 */
export class BatchParser {
  private readonly listener: BatchListener;
  private headerParts: string[] = [];
  private body: Body | undefined;

  constructor(listener: BatchListener) {
    this.listener = listener;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.body === undefined ? this.takeHeader(chunk, at) : this.takeBody(chunk, at);
  }

  private takeHeader(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(NEWLINE, from);
    this.headerParts.push(chunk.toString('latin1', from, end < 0 ? chunk.length : end));
    if (end < 0) return chunk.length;
    const header = this.headerParts.join('');
    this.headerParts = [];
    const sizeBytes = bodySizeBytes(header);
    if (sizeBytes === undefined || !this.listener.expectsBody()) {
      this.listener.onAnswer(header, undefined);
    } else {
      const bytes = sizeBytes > BODY_LIMIT_BYTES ? undefined : Buffer.allocUnsafeSlow(sizeBytes);
      this.body = { header, bytes, sizeBytes, read: 0 };
    }
    return end + 1;
  }

  private takeBody(chunk: Buffer, from: number): number {
    const body = this.body;
    if (body === undefined) return from;
    const length = Math.min(body.sizeBytes - body.read, chunk.length - from);
    if (body.bytes !== undefined) chunk.copy(body.bytes, body.read, from, from + length);
    body.read += length;
    if (from + length === chunk.length) return chunk.length;
    // The body is complete and its closing newline is here.
    this.body = undefined;
    this.listener.onAnswer(body.header, body.bytes);
    return from + length + 1;
  }
}

function bodySizeBytes(header: string): number | undefined {
  const size = /^[0-9a-f]+ [a-z]+ (\d+)$/.exec(header)?.[1];
  return size === undefined ? undefined : Number(size);
}
