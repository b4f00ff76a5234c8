import { expect, test } from 'vitest';
import { attachmentBytes } from '../../../src/envelope/attachment.js';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

test.each([
  ['base64url', 'aGVsbG8', 'hello'],
  ['padded', 'aGVsbG8=', 'hello'],
  ['padded twice', 'aGVsbG8hIQ==', 'hello!!'],
  ['the standard alphabet', 'fn5+fn8/', '~~~~\u007f?'],
])('inline bytes as %s: %s', (_, base64, content) => {
  expect(text(attachmentBytes({ data: { base64 } }))).toBe(content);
});

test('JSON is what it is written as in compact form', () => {
  expect(text(attachmentBytes({ data: { json: { a: [1, 'ä', null] } } }))).toBe('{"a":[1,"ä",null]}');
  expect(text(attachmentBytes({ data: { json: null } }))).toBe('null');
});

test('an attachment that only links to its content has no bytes', () => {
  expect(attachmentBytes({ data: { links: ['https://example.org'], hash: 'x' } })).toBeUndefined();
});

test.each(['a', 'a===', 'aGVsbG8===', 'aGVsbG8=x', 'aGVs bG8', 'aGVsbG9', 'ä'])('ERR_BASE64URL: %j', (base64) => {
  expect(() => attachmentBytes({ data: { base64 } })).toThrow(expect.objectContaining({ code: 'ERR_BASE64URL' }));
});

test('a long row of "=" is refused at once', () => {
  const before = process.cpuUsage().user;
  expect(() => attachmentBytes({ data: { base64: `${'='.repeat(1_000_000)}a` } })).toThrow();
  expect((process.cpuUsage().user - before) / 1000).toBeLessThan(1000); // minutes, where a pattern may start anywhere
});
