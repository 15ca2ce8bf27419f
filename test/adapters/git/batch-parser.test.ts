import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BatchParser } from '../../../src/adapters/git/batch-parser.ts';

const test = suite('batch parser');

type Answer = { readonly header: string; readonly body: Buffer | undefined };

const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ header: 'HEAD^{tree} missing', body: undefined }),
  fc.constant({ header: 'abc123 blob 17', body: undefined }),
  fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => ({ header: `abc123 blob ${bytes.length}`, body: Buffer.from(bytes) })),
);

function parse(answers: readonly Answer[], chunks: readonly Buffer[]): Answer[] {
  const heard: Answer[] = [];
  const parser = new BatchParser({
    expectsBody: () => answers[heard.length]?.body !== undefined,
    onAnswer: (header, body) => heard.push({ header, body }),
  });
  for (const chunk of chunks) parser.push(chunk);
  return heard;
}

test('hears the same answers however the output is cut', () => {
  const property = fc.property(fc.array(answer), fc.array(fc.nat(60)), (answers, cuts) => {
    const output = Buffer.concat(
      answers.flatMap(({ header, body }) => [Buffer.from(`${header}\n`), ...(body ? [body, Buffer.from('\n')] : [])]),
    );
    const chunks: Buffer[] = [];
    let at = 0;
    for (const cut of cuts) {
      chunks.push(output.subarray(at, at + cut));
      at += cut;
    }
    chunks.push(output.subarray(at));
    assert.equal(parse(answers, chunks), answers);
  });
  fc.assert(property);
});

test('lets a body above the limit pass by without keeping it', () => {
  const piece = Buffer.alloc(64 * 1024 * 1024);
  const header = `abc blob ${16 * piece.length + 1}`;
  const chunks = [
    Buffer.from(`${header}\n`),
    ...Array.from({ length: 16 }, () => piece),
    Buffer.from('!\nabc missing\n'),
  ];
  const heard = parse([{ header, body: piece }], chunks);
  assert.equal(heard, [
    { header, body: undefined },
    { header: 'abc missing', body: undefined },
  ]);
});

test.run();
