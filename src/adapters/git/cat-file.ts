import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Socket } from 'node:net';
import { CmfError } from '../../domain/errors.ts';
import { BatchParser } from './batch-parser.ts';
import { gitFailed } from './git-failure.ts';
import { cannotStart } from './run-git.ts';

/** One answer: the header line, and the bytes when they were asked for. */
export type CatFileAnswer = { readonly header: string; readonly body: Buffer | undefined };

type Request = {
  readonly command: 'info' | 'contents';
  readonly name: string;
  readonly resolve: (answer: CatFileAnswer) => void;
  readonly reject: (error: Error) => void;
};

/** git works off commands while more are written only if it is told to begin now and then. */
const COMMANDS_PER_FLUSH = 128;
const CLOSE_GRACE_MS = 2_000;

/**
 * One long-lived `git cat-file --batch-command --buffer`: starts with the first question, is started again after
 * it died, and does not keep an idle node process alive. Questions of one turn of the event loop go out together.
 */
export class CatFile {
  private readonly start: () => ChildProcessWithoutNullStreams;
  private child: ChildProcessWithoutNullStreams | undefined;
  private waiting: Request[] = [];
  private answered = 0;
  private unsent: string[] = [];
  private stderr = '';
  private closed = false;

  constructor(start: () => ChildProcessWithoutNullStreams) {
    this.start = start;
  }

  /** Asks; `name` must not hold a newline. */
  ask(command: Request['command'], name: string): Promise<CatFileAnswer> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new CmfError('internal', { message: 'an object was asked for after the repository was closed' }));
        return;
      }
      if (this.idle()) hold(this.running(), true);
      this.waiting.push({ command, name, resolve, reject });
      if (this.unsent.length === 0) queueMicrotask(() => this.send());
      this.unsent.push(`${command} ${name}\n`);
    });
  }

  /** Ends the process after what was asked so far. */
  async close(): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (child === undefined) return;
    hold(child, true);
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const killer = setTimeout(() => child.kill('SIGTERM'), CLOSE_GRACE_MS);
    this.send();
    child.stdin.end();
    await ended;
    clearTimeout(killer);
  }

  private idle(): boolean {
    return this.answered === this.waiting.length;
  }

  private running(): ChildProcessWithoutNullStreams {
    if (this.child !== undefined) return this.child;
    const child = this.start();
    const parser = new BatchParser({
      expectsBody: () => this.waiting[this.answered]?.command === 'contents',
      onAnswer: (header, body) => this.deliver({ header, body }),
    });
    this.stderr = '';
    child.stdout.on('data', (chunk: Buffer) => parser.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-4096);
    });
    child.on('error', (error) => this.fail(child, cannotStart(error)));
    child.on('close', (code) => this.fail(child, this.deathOf(code ?? -1)));
    this.child = child;
    return child;
  }

  private send(): void {
    const lines = this.unsent;
    this.unsent = [];
    if (lines.length === 0) return;
    let text = '';
    for (const [index, line] of lines.entries()) {
      text += line;
      if ((index + 1) % COMMANDS_PER_FLUSH === 0) text += 'flush\n';
    }
    this.child?.stdin.write(`${text}flush\n`);
  }

  private deliver(answer: CatFileAnswer): void {
    const request = this.waiting[this.answered];
    this.answered += 1;
    if (this.idle()) {
      this.waiting = [];
      this.answered = 0;
      if (this.child !== undefined && !this.closed) hold(this.child, false);
    }
    request?.resolve(answer);
  }

  /** All who wait get the same error: git names the object that ended it, and cannot say more about the others. */
  private fail(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.child !== child) return;
    this.child = undefined;
    const abandoned = this.waiting.slice(this.answered);
    this.waiting = [];
    this.answered = 0;
    this.unsent = [];
    for (const request of abandoned) request.reject(error);
  }

  /** git ends with 128 when an object's bytes are damaged; anything else is the system's doing. */
  private deathOf(exitCode: number): CmfError {
    const name = this.waiting[this.answered]?.name ?? 'objects';
    const output = { exitCode, stdout: Buffer.alloc(0), stderr: this.stderr };
    return gitFailed(`read ${name}`, output, exitCode === 128 ? 'damaged' : 'environment');
  }
}

/** Whether the child and its pipes keep this process alive. */
function hold(child: ChildProcessWithoutNullStreams, alive: boolean): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (!(stream instanceof Socket)) continue;
    if (alive) stream.ref();
    else stream.unref();
  }
  if (alive) child.ref();
  else child.unref();
}
