import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../../../src/core/bytes.js';
import {
  decodePayload,
  encodeGreeting,
  encodeSegments,
  encodeWhole,
  SEGMENT_HEAD_BYTES,
} from '../../../../transports/mqtt/frame-codec.js';

/* What docs/transports/mqtt.md says byte by byte is what is sent and read. */

const page = await readFile(new URL('../../../../docs/transports/mqtt.md', import.meta.url), 'utf8');
const vectors = [...page.matchAll(/^ {4}([0-9a-f]{40,})$/gm)].map(([, hex = '']) => hex);
const message = utf8('{"ciphertext":"hello"}');
const returnName = 'abcdefghijklmnopqrstuv';

test('payloads are as documented', () => {
  const hash = new Uint8Array(createHash('sha256').update(message).digest());
  const payloads = [
    encodeWhole(message, undefined),
    encodeWhole(message, returnName),
    encodeGreeting('hello', returnName),
    encodeGreeting('goodbye', returnName),
    ...encodeSegments(message, hash, undefined, SEGMENT_HEAD_BYTES + 15),
  ];
  expect(payloads.map(toHex)).toEqual(vectors);
});

test('the documented payloads are read', () => {
  const [bare, headed, hello, goodbye, first, second] = vectors.map((hex) => decodePayload(Buffer.from(hex, 'hex')));
  expect(bare).toMatchObject({ kind: 'whole', returnName: undefined });
  expect(headed).toMatchObject({ kind: 'whole', returnName });
  expect(hello).toEqual({ kind: 'hello', returnName });
  expect(goodbye).toEqual({ kind: 'goodbye', returnName });
  expect(first).toMatchObject({ kind: 'segment', lengthBytes: message.length, offset: 0 });
  expect(second).toMatchObject({ kind: 'segment', lengthBytes: message.length, offset: 15 });
});
