import { expect } from 'vitest';
import { utf8 } from '../../src/core/bytes.js';
import { messageOf, type TransportCase } from './transport-connection.js';

/** Messages arrive as they were sent, each once and whole. */
export const messageCases: readonly TransportCase[] = [
  {
    name: 'carries bytes of every value unchanged',
    async run({ channel, receiver, within }) {
      for (const message of [messageOf(1), messageOf(256), messageOf(70_000), utf8('{"text":"grüß"}')]) {
        const sending = channel.send(message);
        const arrival = await receiver.next();
        expect(Buffer.from(arrival.bytes).equals(message)).toBe(true);
        await arrival.accept();
        await within('the send', sending);
      }
    },
  },
  {
    name: 'carries a message of the largest size, and refuses a larger one before sending it',
    async run({ channel, receiver, within }) {
      const { maxMessageBytes } = channel;
      await expect(channel.send(new Uint8Array(maxMessageBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
      const sending = channel.send(messageOf(maxMessageBytes));
      const arrival = await receiver.next();
      expect(arrival.bytes.length).toBe(maxMessageBytes);
      await arrival.accept();
      await within('the send', sending);
      expect(receiver.waiting).toBe(0);
    },
  },
  {
    name: 'keeps messages apart and in order, and delivers each once',
    async run({ channel, receiver, within, pause }) {
      for (let i = 0; i < 20; i++) {
        const sending = channel.send(messageOf(10 + i, i));
        const arrival = await receiver.next();
        expect([...arrival.bytes]).toEqual([...messageOf(10 + i, i)]);
        await arrival.accept();
        await within('the send', sending);
      }
      await pause(20);
      expect(receiver.waiting).toBe(0);
    },
  },
  {
    name: 'carries messages that are sent at the same time',
    async run({ channel, receiver, within }) {
      const sendings = Promise.all(Array.from({ length: 12 }, (_, i) => channel.send(messageOf(300, i))));
      const arrived: string[] = [];
      for (let i = 0; i < 12; i++) {
        const arrival = await receiver.next();
        arrived.push(Buffer.from(arrival.bytes).toString('hex'));
        await arrival.accept();
      }
      await within('all sends', sendings);
      const sent = Array.from({ length: 12 }, (_, i) => Buffer.from(messageOf(300, i)).toString('hex'));
      expect(arrived.sort()).toEqual(sent.sort());
    },
  },
  {
    name: 'lets the sender use its buffer again',
    async run({ channel, receiver, within }) {
      const buffer = messageOf(500);
      const sending = channel.send(buffer);
      const arrival = await receiver.next();
      await arrival.accept();
      await within('the send', sending);
      buffer.fill(0);
      expect([...arrival.bytes]).toEqual([...messageOf(500)]);
    },
  },
  {
    name: 'leaves what has arrived alone when more arrives',
    async run({ channel, receiver, within }) {
      const arrivals = [];
      for (let i = 0; i < 5; i++) {
        const sending = channel.send(messageOf(1000, i));
        const arrival = await receiver.next();
        await arrival.accept();
        await within('the send', sending);
        arrivals.push(arrival);
      }
      for (const [i, arrival] of arrivals.entries()) expect([...arrival.bytes]).toEqual([...messageOf(1000, i)]);
    },
  },
  {
    name: 'carries messages the other way on the same channel',
    needs: ({ duplex }) => duplex,
    async run({ channel, receiver, within }) {
      const sending = channel.send(messageOf(10));
      const first = await receiver.nextWithChannel();
      await first.arrival.accept();
      await within('the send', sending);
      const backwards = first.channel.send(messageOf(20, 2));
      const result = await within('a message back', channel[Symbol.asyncIterator]().next());
      if (result.done) throw new Error('the channel ended');
      expect([...result.value.bytes]).toEqual([...messageOf(20, 2)]);
      await result.value.accept();
      await within('the send back', backwards);
    },
  },
];
