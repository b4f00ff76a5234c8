import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWaypostError } from '../../src/core/errors.js';
import { readReceipt } from '../../src/protocols/client/custody-client.js';
import { parseMessageType } from '../../src/protocols/message-type.js';
import { CUSTODY_RECEIPTS } from '../../src/protocols/receipts/receipts.js';
import { type TicketContent, Tickets } from '../../src/protocols/receipts/ticket.js';
import { runs } from '../support/fuzz.js';
import { envelopesOf, newIdentity, openStation, primitives, resolver } from '../support/station.js';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const content: fc.Arbitrary<TicketContent> = fc.record({
  next: fc.string({ minLength: 1, maxLength: 100 }),
  messages: fc.array(fc.record({ id: fc.string({ maxLength: 32 }), sha256: hash }), { maxLength: 20 }),
});

test('a ticket opens to what was sealed in it, for its holder, and any change makes it nobody’s', async () => {
  await using station = await openStation();
  const tickets = new Tickets(station.store, primitives);
  const holder = 'did:example:holder';
  const anyTicket = fc.tuple(content, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.string());
  await fc.assert(
    fc.asyncProperty(anyTicket, async ([sealed, at, flip, other]) => {
      const ticket = await tickets.issue(sealed, holder);
      expect(await tickets.open(ticket, holder)).toEqual(sealed);
      const bytes = Buffer.from(ticket, 'base64url');
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
      const refused = { code: 'ERR_NOT_ALLOWED' };
      await expect(tickets.open(bytes.toString('base64url'), holder)).rejects.toMatchObject(refused);
      await expect(tickets.open(ticket, `${holder}${other} `)).rejects.toMatchObject(refused);
      await expect(tickets.open(other, holder)).rejects.toMatchObject(refused);
    }),
    runs(100),
  );
});

test('a receipt of a hostile station is read as what is allowed, or refused, and nothing else of it goes further', async () => {
  const station = newIdentity();
  const envelopes = envelopesOf([station]);
  const canonical = (did: string): string => resolver.canonical(did);
  const entry = fc.record(
    {
      sha256: fc.oneof({ weight: 5, arbitrary: hash }, { weight: 1, arbitrary: fc.anything() }),
      state: fc.oneof(
        fc.constantFrom('held', 'delivered', 'handed-on', 'dropped', 'accepted', 'forgotten', 'constructor'),
        fc.string(),
      ),
      seconds: fc.oneof(
        { weight: 5, arbitrary: fc.oneof(fc.nat(), fc.maxSafeInteger()) },
        { weight: 1, arbitrary: fc.anything() },
      ),
      to: fc.oneof(fc.constant('did:example:next'), fc.constant('\u001b[2J'), fc.anything()),
      reason: fc.oneof(fc.constantFrom('expired', 'purged', 'toString'), fc.anything()),
      more: fc.anything(),
    },
    { requiredKeys: ['sha256', 'state'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 22 }), async (messages) => {
      const body = JSON.parse(JSON.stringify({ messages }));
      const statement = { id: '1', type: `${CUSTODY_RECEIPTS}/statement`, from: station.did, body };
      const signed = await envelopes.pack(statement, { mode: 'signed', signBy: `${station.did}#key-2` });
      const type = `${CUSTODY_RECEIPTS}/receipt`;
      const json = JSON.parse(signed[0]?.packed ?? '');
      const message = { id: '2', type, body: { ticket: 't' }, attachments: [{ data: { json } }] };
      const received = { message, type: parseMessageType(type) };
      try {
        const receipt = await readReceipt(received, canonical(station.did), { envelopes, canonical });
        for (const told of receipt.messages) {
          expect(told.sha256).toMatch(/^[0-9a-f]{64}$/);
          expect(['held', 'delivered', 'handed-on', 'dropped', 'accepted', 'forgotten']).toContain(told.state);
          expect(told).not.toHaveProperty('more');
          if ('seconds' in told) expect(new Date(Date.now() - told.seconds * 1000).getTime()).not.toBeNaN();
          if ('to' in told) expect(told.to).toMatch(/^did:[ -~]+$/);
          if ('reason' in told) expect(['expired', 'retention', 'purged']).toContain(told.reason);
        }
      } catch (error) {
        if (!isWaypostError(error)) throw error;
        expect(['ERR_MESSAGE_MALFORMED', 'ERR_TOO_LARGE', 'ERR_JSON_MALFORMED']).toContain(error.code);
      }
    }),
    runs(200),
  );
});
