import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import type { PlaintextMessage } from '../../../src/envelope/message.js';
import type { Unpacked } from '../../../src/envelope/unpack.js';
import { keepIncoming } from '../../../src/web-peer/agent/incoming.js';
import type { Contact, IncomingMessage, OutboxEntry } from '../../../src/web-peer/storage/records.js';

const BOB = 'did:example:bob';
const TEXT = 'https://didcomm.org/basicmessage/2.0/message';

function arrived(message: Partial<PlaintextMessage>, from: string | null = BOB): Unpacked {
  return {
    message: { id: '1', type: TEXT, body: { content: 'hi' }, ...message },
    encrypted: true,
    authenticated: from !== null,
    nonRepudiable: false,
    anonymous: false,
    from,
    recipientKeyIds: [],
    senderKeyId: null,
    signerKeyId: null,
    layers: [],
    rotation: null,
    expiresTime: null,
    warnings: [],
  };
}

/** Takes one message; what was written to the disk, and whether there is news. */
async function keep(unpacked: Unpacked, contacts: readonly Contact[] = []) {
  const written: { message: IncomingMessage; contact: Contact; outbox: readonly OutboxEntry[] }[] = [];
  const delivered: [contact: string, ids: readonly string[]][] = [];
  const isNews = await keepIncoming(
    {
      own: { invitationId: 'mine' },
      correspondent: {
        did: 'did:example:ada',
        primitives: createNoblePrimitives(),
        resolver: { canonical: (did) => did },
        clock: { nowMs: () => 5, monotonicMs: () => 5, bootId: 'test', quality: () => 'ntp' },
        logger: silentLogger,
      },
      store: {
        contact: async (did) => contacts.find((contact) => contact.did === did),
        deliver: async (contact, ids) => void delivered.push([contact, ids]),
        putIncoming: async (message, contact, outbox) => {
          written.push({ message, contact, outbox });
          return true;
        },
      },
    },
    unpacked,
  );
  return { isNews, written, delivered };
}

const acksIn = (outbox: readonly OutboxEntry[] = []) => outbox.map(({ to, message }) => ({ to, ack: message.ack }));

describe('a message that came', () => {
  it('of a stranger is kept, and the stranger is not told', async () => {
    const { written } = await keep(arrived({ please_ack: [''] }));
    expect(written[0]).toMatchObject({
      contact: { isAccepted: false },
      message: { unacknowledged: ['1'], text: 'hi' },
    });
    expect(written[0]?.outbox).toEqual([]);
  });

  it('of somebody who was invited, or is a contact, is acknowledged', async () => {
    const invited = await keep(arrived({ please_ack: [''], pthid: 'mine' }));
    expect(acksIn(invited.written[0]?.outbox)).toEqual([{ to: BOB, ack: ['1'] }]);
    const known = await keep(arrived({ please_ack: ['', '0'] }), [
      { did: BOB, spelledAs: BOB, name: 'Bob', isAccepted: true },
    ]);
    expect(acksIn(known.written[0]?.outbox)).toEqual([{ to: BOB, ack: ['1', '0'] }]);
    expect(known.written[0]?.message.unacknowledged).toEqual([]);
  });

  it('from nobody who is proven leads to nothing, whatever it acknowledges', async () => {
    expect(await keep(arrived({ ack: ['7'] }, null))).toEqual({ isNews: false, written: [], delivered: [] });
  });

  it('with an ACK counts for messages to its sender alone', async () => {
    const { delivered, written } = await keep(arrived({ type: 'https://didcomm.org/empty/1.0/empty', ack: ['7'] }));
    expect(delivered).toEqual([[BOB, ['7']]]);
    expect(written).toEqual([]);
  });

  it.each([
    { type: 'no message type at all' },
    { type: 'https://didcomm.org/basicmessage/2.0/other' },
    { body: { content: 7 } },
    { body: {} },
  ])('with nothing to show does not stop those behind it: %j', async (message) => {
    expect(await keep(arrived(message))).toEqual({ isNews: false, written: [], delivered: [] });
  });
});
