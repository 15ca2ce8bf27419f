import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeReply,
  decodeVersion,
  encodePacket,
  REPLY,
  REQUEST,
} from '../../../../src/adapters/storage/ssh/sftp-packets.ts';

const test = suite('sftp-packets');

const body = (type: number, id: number, fields: Parameters<typeof encodePacket>[2]) =>
  encodePacket(type, id, fields).subarray(4);

test('a packet is its length, its type, its id and its fields', () => {
  const packet = encodePacket(REQUEST.read, 7, [{ text: 'h' }, { u64: 2 ** 40 }, { u32: 5 }]);
  assert.is(
    packet.toString('hex'),
    `${'00000016'}${'05'}${'00000007'}${'0000000168'}${'0000010000000000'}${'00000005'}`,
  );
});

test('each reply is read', () => {
  assert.equal(decodeReply(body(REPLY.status, 1, [{ u32: 4 }, { text: 'Failure' }, { text: '' }])), {
    id: 1,
    reply: { type: 'status', code: 4, message: 'Failure' },
  });
  assert.equal(decodeReply(body(REPLY.data, 2, [{ text: 'bytes' }])).reply, {
    type: 'data',
    bytes: Buffer.from('bytes'),
  });
  assert.equal(
    decodeReply(body(REPLY.attrs, 3, [{ u32: 0xd }, { u64: 9 }, { u32: 0o100644 }, { u32: 1 }, { u32: 2 }])).reply,
    {
      type: 'attributes',
      attributes: { sizeBytes: 9, kind: 'file', modifiedMs: 2000 },
    },
  );
  const entry = [{ text: 'a' }, { text: 'drwx a' }, { u32: 4 }, { u32: 0o040755 }];
  assert.equal(decodeReply(body(REPLY.name, 4, [{ u32: 1 }, ...entry])).reply, {
    type: 'names',
    entries: [{ name: 'a', attributes: { sizeBytes: undefined, kind: 'folder', modifiedMs: undefined } }],
  });
});

test('the greeting names its extensions', () => {
  const greeting = body(REPLY.version, 3, [{ text: 'posix-rename@openssh.com' }, { text: '1' }]);
  assert.equal(decodeVersion(greeting), { version: 3, extensions: ['posix-rename@openssh.com'] });
});

test('what is cut off, or of no known type, is no reply', () => {
  const whole = body(REPLY.data, 2, [{ text: 'bytes' }]);
  for (let length = 0; length < whole.length; length++) assert.throws(() => decodeReply(whole.subarray(0, length)));
  assert.throws(() => decodeReply(body(99, 1, [])));
  assert.throws(() => decodeVersion(whole));
});

test.run();
