import { expect } from 'vitest';
import { utf8 } from '../../src/core/bytes.js';
import { WaypostError } from '../../src/core/errors.js';
import { messageOf, nextArrival, type TransportCase } from './transport-connection.js';
import { failureOf } from './within.js';

/** Nothing is acknowledged before whoever took it says so, and what they say is what the sender hears. */
export const settlingCases: readonly TransportCase[] = [
  {
    name: 'acknowledges nothing before it is accepted',
    needs: ({ acknowledged }) => acknowledged,
    async run({ channel, receiver, within, pause }) {
      let sent = false;
      const sending = channel.send(messageOf(100)).then(() => {
        sent = true;
      });
      const arrival = await receiver.next();
      await pause(30);
      expect(sent).toBe(false);
      await arrival.accept();
      await within('the send', sending);
    },
  },
  {
    name: 'tells the sender of a refusal, and whether trying again can help',
    needs: ({ acknowledged }) => acknowledged,
    async run({ channel, receiver, within }) {
      for (const [code, retryable] of [
        ['ERR_NEXT_UNKNOWN', false],
        ['ERR_STORE_FULL', true],
      ] as const) {
        const refused = failureOf(channel.send(messageOf(100)));
        const arrival = await receiver.next();
        await arrival.refuse(new WaypostError(code, 'for this test', { retryable }));
        expect(await within('the failure of the send', refused)).toMatchObject({ code: 'ERR_REFUSED', retryable });
      }
    },
  },
  {
    name: 'goes on after a refusal',
    async run({ channel, receiver, within }) {
      const refused = channel.send(messageOf(100)).catch(() => undefined);
      await (await receiver.next()).refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'));
      await within('the first send', refused);
      const accepted = channel.send(messageOf(101));
      const arrival = await receiver.next();
      expect(arrival.bytes.length).toBe(101);
      await arrival.accept();
      await within('the second send', accepted);
    },
  },
  {
    name: 'takes one verdict for an arrival',
    async run({ channel, receiver, within }) {
      const sending = channel.send(messageOf(100));
      const arrival = await receiver.next();
      await arrival.accept();
      await expect(arrival.accept()).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
      const late = arrival.refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'));
      await expect(late).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
      await within('the send', sending);
    },
  },
  {
    name: 'carries a reply back to the sender, with acceptance and with refusal',
    // Where nothing at all comes back, replies do not either.
    needs: ({ acknowledged, duplex }) => acknowledged || duplex,
    async run(connection) {
      const { channel, receiver, within } = connection;
      for (const accepted of [true, false]) {
        const reply = utf8(JSON.stringify({ ciphertext: accepted ? 'yes' : 'no' }));
        const sending = channel.send(messageOf(100)).catch(() => undefined);
        const taken = await receiver.nextWithChannel();
        expect(taken.channel.replies).not.toBe('none');
        if (accepted) await taken.arrival.accept(reply);
        else await taken.arrival.refuse(new WaypostError('ERR_NOT_ALLOWED', 'for this test'), reply);
        const back = await nextArrival(connection, channel);
        expect(Buffer.from(back.bytes).equals(reply)).toBe(true);
        await back.accept();
        await within('the send', sending);
      }
    },
  },
  {
    name: 'keeps a sender waiting no longer than it wants to',
    needs: ({ acknowledged }) => acknowledged,
    async run({ channel, receiver, within }) {
      const abort = new AbortController();
      const reason = new Error('enough');
      const failure = failureOf(channel.send(messageOf(100), { signal: abort.signal }));
      await receiver.next();
      abort.abort(reason);
      expect(await within('the send giving up', failure)).toBe(reason);
    },
  },
];
