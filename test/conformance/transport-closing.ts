import { expect } from 'vitest';
import type { Address } from '../../src/transport/transport.js';
import { messageOf, type TransportCase } from './transport-connection.js';
import { failureOf } from './within.js';

/** Opening what cannot be opened, and the end of channels and listeners. */
export const closingCases: readonly TransportCase[] = [
  {
    name: 'says that nobody is there, and that trying again can help',
    async run({ fixture, transport, within }) {
      const attempt = async () => {
        await using channel = await transport.dial(fixture.deadAddress);
        await channel.send(messageOf(10));
      };
      const failure = await within('the failure', failureOf(attempt()));
      expect(failure).toMatchObject({ code: 'ERR_NETWORK', retryable: true });
    },
  },
  {
    name: 'refuses an address of another scheme',
    async run({ transport }) {
      for (const address of ['nonsense:x', 'http//', '://', ''] as Address[]) {
        await expect(transport.dial(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
        await expect(transport.listen(address)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
      }
    },
  },
  {
    name: 'says that an address is taken',
    async run({ listener, transport }) {
      const [address] = listener.addresses;
      await expect(transport.listen(address ?? 'no:address')).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    },
  },
  {
    name: 'does nothing for a signal that has aborted',
    async run({ channel, fixture, listener, receiver, transport }) {
      const reason = new Error('enough');
      const signal = AbortSignal.abort(reason);
      const [address] = listener.addresses;
      await expect(transport.dial(address ?? 'no:address', { signal })).rejects.toBe(reason);
      await expect(transport.listen(fixture.listenAddress, { signal })).rejects.toBe(reason);
      await expect(channel.send(messageOf(10), { signal })).rejects.toBe(reason);
      expect(receiver.waiting).toBe(0);
    },
  },
  {
    name: 'ends its own iteration and sends nothing more when a channel is disposed, and can be disposed twice',
    async run({ channel, within }) {
      const next = channel[Symbol.asyncIterator]().next();
      await within('disposal', channel[Symbol.asyncDispose]());
      await within('disposal again', channel[Symbol.asyncDispose]());
      expect((await within('the end of the iteration', next)).done).toBe(true);
      const failure = await within('the failure of a send', failureOf(channel.send(messageOf(10))));
      expect(failure).toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
    },
  },
  {
    name: "ends the peer's iteration when a channel is disposed",
    needs: ({ duplex }) => duplex,
    async run({ channel, receiver, within }) {
      const first = await within('the channel of the peer', receiver.channels[Symbol.asyncIterator]().next());
      if (first.done) throw new Error('no channel arrived');
      const { value: theirs } = first;
      const ended = (async () => {
        for await (const arrival of theirs) await arrival.accept();
      })();
      await channel[Symbol.asyncDispose]();
      await within("the end of the peer's iteration", ended);
      await expect(theirs.send(messageOf(10))).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    },
  },
  {
    name: 'fails what was not acknowledged when the peer disposes its end',
    needs: ({ acknowledged }) => acknowledged,
    async run({ channel, receiver, within }) {
      const failure = failureOf(channel.send(messageOf(100)));
      const { channel: theirs } = await receiver.nextWithChannel();
      await theirs[Symbol.asyncDispose]();
      expect(await within('the failure of the send', failure)).toMatchObject({ retryable: true });
    },
  },
  {
    name: 'does not pretend that a verdict reached a sender who is gone',
    needs: ({ acknowledged, duplex }) => acknowledged && duplex,
    async run({ channel, receiver }) {
      const sending = channel.send(messageOf(100)).catch(() => undefined);
      const arrival = await receiver.next();
      await channel[Symbol.asyncDispose]();
      await sending;
      await expect(arrival.accept()).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    },
  },
  {
    name: 'stops listening when a listener is disposed, twice, and its address is free again',
    async run({ fixture, listener, receiver, transport, within }) {
      await within('disposal', listener[Symbol.asyncDispose]());
      await within('disposal again', listener[Symbol.asyncDispose]());
      await within("the end of the listener's iteration", receiver.ended);
      await using again = await transport.listen(listener.addresses[0] ?? fixture.listenAddress);
      expect(again.addresses).toEqual(listener.addresses);
    },
  },
  {
    name: 'keeps a channel open when its listener is disposed',
    needs: ({ duplex }) => duplex,
    async run({ channel, listener, receiver, within }) {
      await within('the channel of the peer', receiver.channels[Symbol.asyncIterator]().next());
      await listener[Symbol.asyncDispose]();
      const sending = channel.send(messageOf(100));
      await (await receiver.next()).accept();
      await within('the send', sending);
    },
  },
];
