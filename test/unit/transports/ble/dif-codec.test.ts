import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes.js';
import { DifDecoder, encodeDif } from '../../../../transports/ble/dif-codec.js';

const texts = (values: readonly Uint8Array[]) => values.map(fromUtf8);

test('pieces of at most MTU-12 bytes, then EOM', () => {
  expect(texts(encodeDif(utf8('{"a":"0123456789"}'), 20))).toEqual(['{"a":"01234', '56789"}', 'EOM']);
});

test('no piece is ever EOM', () => {
  expect(texts(encodeDif(utf8('EOM'), 20))).toEqual(['E', 'OM', 'EOM']);
  expect(texts(encodeDif(utf8('0123456789_EOM'), 20))).toEqual(['0123456789_', 'E', 'OM', 'EOM']);
});

test('messages come back, one after the other', () => {
  const decoder = new DifDecoder(100);
  const messages = ['{"a":"0123456789"}', 'EOM', 'x'];
  const values = messages.flatMap((message) => encodeDif(utf8(message), 20));
  const decoded = values.map((value) => decoder.decode(value)).filter((message) => message instanceof Uint8Array);
  expect(texts(decoded)).toEqual(messages);
});

test('an empty message is none, empty values are nothing, and a message over the limit is refused as soon as it is', () => {
  const decoder = new DifDecoder(10);
  expect(decoder.decode(utf8('EOM'))).toBeUndefined();
  for (let i = 0; i < 100; i++) expect(decoder.decode(new Uint8Array())).toBeUndefined();
  expect(decoder.decode(utf8('12345'))).toBeUndefined();
  expect(decoder.decode(utf8('67890'))).toBeUndefined();
  expect(decoder.decode(utf8('1'))).toBe('too-large');
});
