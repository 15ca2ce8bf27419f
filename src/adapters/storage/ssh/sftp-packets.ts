/**
 * SFTP version 3, as OpenSSH speaks it (draft-ietf-secsh-filexfer-02): each packet is a length, a type, an id and what the
 * type has. Paths are bytes; ours are UTF-8.
 */

export const REQUEST = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fstat: 8,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  stat: 17,
  rename: 18,
  extended: 200,
} as const;

export const REPLY = { version: 2, status: 101, handle: 102, data: 103, name: 104, attrs: 105 } as const;

export const STATUS = { ok: 0, eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const;

export const OPEN = { read: 0x01, write: 0x02, create: 0x08, exclusive: 0x20 } as const;

export const POSIX_RENAME = 'posix-rename@openssh.com';

/** What a file is, as far as the server says. */
export type SftpAttributes = {
  readonly sizeBytes: number | undefined;
  readonly kind: 'file' | 'folder' | 'other';
  /** By the host's clock; undefined where it tells none. */
  readonly modifiedMs: number | undefined;
};

/** What a server may answer a request with. */
export type SftpReply =
  | { readonly type: 'status'; readonly code: number; readonly message: string }
  | { readonly type: 'handle'; readonly handle: Buffer }
  | { readonly type: 'data'; readonly bytes: Buffer }
  | {
      readonly type: 'names';
      readonly entries: readonly { readonly name: string; readonly attributes: SftpAttributes }[];
    }
  | { readonly type: 'attributes'; readonly attributes: SftpAttributes };

/** A part of a request's body. */
export type Field = { readonly u32: number } | { readonly u64: number } | { readonly text: string | Uint8Array };

/** A packet with its length in front. An INIT packet has its version where others have an id. */
export function encodePacket(type: number, id: number, fields: readonly Field[]): Buffer {
  const parts = fields.map(encodeField);
  const length = 5 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(9);
  head.writeUInt32BE(length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, ...parts]);
}

function encodeField(field: Field): Buffer {
  if ('u32' in field) {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(field.u32);
    return part;
  }
  if ('u64' in field) {
    const part = Buffer.alloc(8);
    part.writeBigUInt64BE(BigInt(field.u64));
    return part;
  }
  const bytes = typeof field.text === 'string' ? Buffer.from(field.text) : field.text;
  const part = Buffer.alloc(4 + bytes.length);
  part.writeUInt32BE(bytes.length);
  part.set(bytes, 4);
  return part;
}

/** No attributes: the server takes its own. */
export const NO_ATTRIBUTES: Field = { u32: 0 };

/** A reply without its length. @throws RangeError for one that is cut off */
export function decodeReply(packet: Buffer): { readonly id: number; readonly reply: SftpReply } {
  const reader = new Reader(packet);
  const type = reader.u8();
  const id = reader.u32();
  return { id, reply: readReply(type, reader) };
}

function readReply(type: number, reader: Reader): SftpReply {
  switch (type) {
    case REPLY.status:
      return { type: 'status', code: reader.u32(), message: reader.isAtEnd() ? '' : reader.bytes().toString() };
    case REPLY.handle:
      return { type: 'handle', handle: Buffer.from(reader.bytes()) };
    case REPLY.data:
      return { type: 'data', bytes: reader.bytes() };
    case REPLY.attrs:
      return { type: 'attributes', attributes: reader.attributes() };
    case REPLY.name: {
      const entries = Array.from({ length: Math.min(reader.u32(), 65_536) }, () => {
        const name = reader.bytes().toString();
        reader.bytes();
        return { name, attributes: reader.attributes() };
      });
      return { type: 'names', entries };
    }
    default:
      throw new RangeError(`a packet of type ${type}`);
  }
}

/** The extensions that a server offers, from its VERSION packet. @throws RangeError for any other packet */
export function decodeVersion(packet: Buffer): { readonly version: number; readonly extensions: readonly string[] } {
  const reader = new Reader(packet);
  if (reader.u8() !== REPLY.version) throw new RangeError('no version');
  const version = reader.u32();
  const extensions: string[] = [];
  while (!reader.isAtEnd()) {
    extensions.push(reader.bytes().toString());
    reader.bytes();
  }
  return { version, extensions };
}

const FLAGS = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const;

class Reader {
  private at = 0;
  private readonly packet: Buffer;

  constructor(packet: Buffer) {
    this.packet = packet;
  }

  isAtEnd(): boolean {
    return this.at >= this.packet.length;
  }

  u8(): number {
    this.at += 1;
    return this.packet.readUInt8(this.at - 1);
  }

  u32(): number {
    this.at += 4;
    return this.packet.readUInt32BE(this.at - 4);
  }

  u64(): number {
    this.at += 8;
    return Number(this.packet.readBigUInt64BE(this.at - 8));
  }

  bytes(): Buffer {
    const length = this.u32();
    const start = this.at;
    if (start + length > this.packet.length) throw new RangeError('a packet that is cut off');
    this.at += length;
    return this.packet.subarray(start, this.at);
  }

  attributes(): SftpAttributes {
    const flags = this.u32();
    const sizeBytes = flags & FLAGS.size ? this.u64() : undefined;
    if (flags & FLAGS.owner) this.at += 8;
    const mode = flags & FLAGS.permissions ? this.u32() : 0;
    const [, modified] = flags & FLAGS.times ? [this.u32(), this.u32()] : [];
    if ((flags & FLAGS.extended) !== 0) {
      for (let left = this.u32(); left > 0; left--) {
        this.bytes();
        this.bytes();
      }
    }
    const type = mode & 0o170000;
    const kind = type === 0o040000 ? 'folder' : type === 0o100000 || mode === 0 ? 'file' : 'other';
    return { sizeBytes, kind, modifiedMs: modified === undefined ? undefined : modified * 1000 };
  }
}
