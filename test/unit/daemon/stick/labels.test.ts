import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { utf8 } from '../../../../src/core/bytes.js';
import {
  messageLabel,
  parseMessageLabel,
  receiptLabel,
  sha256,
  stationFileName,
  tagOf,
} from '../../../../src/daemon/stick/labels.js';
import { mediaTypeOf } from '../../../../src/transport/media-type.js';
import { messageName } from '../../../../transports/file/names.js';

const vectors = JSON.parse(readFileSync('test/vectors/file/labels.json', 'utf8'));

test.each<{ did: string; tag: string; file: string }>(vectors.stations)(
  '$did has the tag $tag',
  ({ did, tag, file }) => {
    expect(tagOf(did)).toBe(tag);
    expect(stationFileName(tag)).toBe(file);
  },
);

test('a message is labelled by its station and its content', () => {
  for (const { station, message, hash, label, name, ordinal } of vectors.messages) {
    expect(sha256(message)).toBe(hash);
    expect(messageLabel(tagOf(station), hash)).toBe(label);
    expect(messageName(BigInt(ordinal), label, mediaTypeOf(utf8(message)))).toBe(name);
    expect(parseMessageLabel(label)).toEqual({ tag: tagOf(station), mark: hash.slice(0, 32) });
  }
});

test('a receipt is labelled by its writer and by what it says, and is no message that waits', () => {
  for (const { from, to, hashes, label } of vectors.receipts) {
    expect(receiptLabel(tagOf(from), to, hashes)).toBe(label);
    expect(parseMessageLabel(label)).toBeUndefined();
  }
});
