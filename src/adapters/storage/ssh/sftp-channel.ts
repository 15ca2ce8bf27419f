import { StorageFailure } from '../../../domain/storage-failure.ts';
import type { RunningProgram } from '../../../ports/programs.ts';
import { decodeReply, decodeVersion, encodePacket, type Field, REQUEST, type SftpReply } from './sftp-packets.ts';

/** Requests and replies of one SFTP session. Any number may be on their way. */
export type SftpChannel = {
  readonly extensions: ReadonlySet<string>;
  /** @throws StorageFailure, one that may pass, when the line breaks before the reply is here */
  request(type: number, fields: readonly Field[]): Promise<SftpReply>;
  readonly isOpen: () => boolean;
  close(): Promise<void>;
};

/** Larger packets than any server sends: who answers with this is no SFTP server (a shell that greets, for instance). */
const PACKET_BYTES_MAX = 256 * 1024 + 1024;
/** The version that OpenSSH speaks. */
const VERSION = 3;

type Waiting = { readonly resolve: (reply: SftpReply) => void; readonly reject: (failure: StorageFailure) => void };

/**
 * Begins a session with a program that talks SFTP.
 * @param explain the failure for a program that ended with this status and these words
 */
export async function openChannel(
  program: RunningProgram,
  explain: (exitCode: number, stderr: string) => StorageFailure,
): Promise<SftpChannel> {
  const waiting = new Map<number, Waiting>();
  let failure: StorageFailure | undefined;
  let nextId = 0;
  let greet: ((packet: Buffer) => void) | undefined;
  const fail = (why: StorageFailure): void => {
    if (failure !== undefined) return;
    failure = why;
    for (const { reject } of waiting.values()) reject(why);
    waiting.clear();
    program.stop();
  };
  const greeting = new Promise<Buffer>((resolve, reject) => {
    greet = resolve;
    void program.ended.then(({ exitCode, stderr }) => {
      fail(explain(exitCode, stderr));
      reject(failure);
    });
  });
  const take = (packet: Buffer): void => {
    if (greet !== undefined) {
      greet(packet);
      greet = undefined;
      return;
    }
    const { id, reply } = decodeReply(packet);
    waiting.get(id)?.resolve(reply);
    waiting.delete(id);
  };
  program.stdout.on(
    'data',
    packetReader(take, () => fail(noServer())),
  );
  program.stdout.on('error', () => undefined);
  program.stdin.write(encodePacket(REQUEST.init, VERSION, []));
  const { extensions } = await greeting.then(readGreeting).catch((error: unknown) => {
    program.stop();
    throw error;
  });
  return {
    extensions: new Set(extensions),
    request: (type, fields) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        const id = nextId++ % 0xffffffff;
        waiting.set(id, { resolve, reject });
        program.stdin.write(encodePacket(type, id, fields));
      }),
    isOpen: () => failure === undefined,
    close: async () => {
      program.stdin.end();
      const slow = setTimeout(() => program.stop(), CLOSE_MS);
      await program.ended;
      clearTimeout(slow);
    },
  };
}

/** A server that is asked to end ends at once. */
const CLOSE_MS = 2000;

function readGreeting(packet: Buffer): ReturnType<typeof decodeVersion> {
  try {
    return decodeVersion(packet);
  } catch (cause) {
    throw noServer(cause);
  }
}

function noServer(cause?: unknown): StorageFailure {
  return new StorageFailure('environment', {
    message: 'the host answers, but not as an SFTP server does',
    hint: 'a shell start-up file there that prints something spoils it; ssh HOST true must print nothing',
    cause,
  });
}

/** Cuts a stream into packets. */
function packetReader(take: (packet: Buffer) => void, onNonsense: () => void): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const join = (): Buffer => {
    const all = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending);
    pending = [all];
    return all;
  };
  return (chunk) => {
    pending.push(chunk);
    pendingBytes += chunk.length;
    try {
      while (pendingBytes >= 4) {
        const all = pending[0] !== undefined && pending[0].length >= 4 ? pending[0] : join();
        const length = all.readUInt32BE(0);
        if (length < 1 || length > PACKET_BYTES_MAX) return onNonsense();
        if (pendingBytes < 4 + length) return;
        const whole = join();
        pending = [whole.subarray(4 + length)];
        pendingBytes -= 4 + length;
        take(whole.subarray(4, 4 + length));
      }
    } catch {
      onNonsense();
    }
  };
}
