import { describe, expect, test } from 'vitest';
import { invitationUrl, parseInvitation } from '../../../src/protocols/out-of-band.js';

const invitation = {
  id: '0123456789abcdef',
  from: 'did:example:station',
  goalCode: 'request-mediate',
  goal: 'Nachrichten für Geräte',
  accept: ['didcomm/v2'],
};

describe('an invitation', () => {
  test.each(['https://example.org/', 'https://example.org/?lang=de', 'didcomm://'])('survives a URL at %s', (base) => {
    expect(parseInvitation(invitationUrl(invitation, base))).toEqual(invitation);
  });

  test('is read from the bare parameter, from JSON, and with padding in the other alphabet', () => {
    const value = invitationUrl(invitation, 'x:').split('_oob=')[1] ?? '';
    expect(parseInvitation(value)).toEqual(invitation);
    const json = Buffer.from(value, 'base64url').toString();
    expect(parseInvitation(json)).toEqual(invitation);
    expect(parseInvitation(`https://e.org/?_oob=${Buffer.from(json).toString('base64')}`)).toEqual(invitation);
    expect(parseInvitation(` ${encodeURI(`https://e.org/?_oob=${value}&x=1#top`)}\n`)).toEqual(invitation);
  });

  test.each([
    ['nothing', '', 'ERR_JSON_MALFORMED'],
    ['no base64', 'https://e.org/?_oob=%%%', 'ERR_BASE64URL'],
    [
      'another message',
      '{"id":"1","type":"https://didcomm.org/trust-ping/2.0/ping","from":"did:a:b"}',
      'ERR_MESSAGE_MALFORMED',
    ],
    ['nobody', '{"id":"1","type":"https://didcomm.org/out-of-band/2.0/invitation"}', 'ERR_MESSAGE_MALFORMED'],
    ['too much', `{"id":"${'x'.repeat(200_000)}"}`, 'ERR_TOO_LARGE'],
  ])('from %s is refused', (_, text, code) => {
    expect(() => parseInvitation(text)).toThrow(expect.objectContaining({ code }));
  });
});
