import { describe, expect, test } from 'vitest';
import { parseMessageType, protocolKey, protocolKeyOf } from '../../../src/protocols/message-type.js';

describe('a message type URI', () => {
  test.each([
    ['https://didcomm.org/trust-ping/2.0/ping', 'https://didcomm.org/trust-ping/2.0'],
    ['https://didcomm.org/trust-ping/2.7/ping', 'https://didcomm.org/trust-ping/2.0'],
    ['https://didcomm.org/Trust_Ping/2.0/ping', 'https://didcomm.org/trust-ping/2.0'],
    ['https://didcomm.org/TRUSTPING/2/ping', 'https://didcomm.org/trust-ping/2.0'],
    ['https://didcomm.org/messagepickup/3.0/status', 'https://didcomm.org/message-pickup/3.0'],
  ])('%s belongs to %s', (type, piuri) => {
    expect(protocolKey(parseMessageType(type))).toBe(protocolKeyOf(piuri));
  });

  test.each([
    ['https://didcomm.org/message-pickup/4.0/status', 'https://didcomm.org/messagepickup/3.0'],
    ['https://elsewhere.example/trust-ping/2.0/ping', 'https://didcomm.org/trust-ping/2.0'],
    ['https://didcomm.org/x/trust-ping/2.0/ping', 'https://didcomm.org/trust-ping/2.0'],
  ])('%s does not belong to %s', (type, piuri) => {
    expect(protocolKey(parseMessageType(type))).not.toBe(protocolKeyOf(piuri));
  });

  test('names compare without case and punctuation', () => {
    expect(parseMessageType('https://didcomm.org/a/1.0/Ping-Response').name).toBe('pingresponse');
  });

  test.each([
    '',
    'ping',
    'https://didcomm.org/ping',
    'https://didcomm.org/a/b/c',
    `https://x/${'a'.repeat(600)}/1.0/b`,
  ])('%j is none', (text) => {
    expect(() => parseMessageType(text)).toThrow(expect.objectContaining({ code: 'ERR_MESSAGE_MALFORMED' }));
  });

  test('a long row of slashes takes no time', () => {
    const before = performance.now();
    for (let i = 0; i < 1000; i++) expect(() => parseMessageType('/'.repeat(512))).toThrow();
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
