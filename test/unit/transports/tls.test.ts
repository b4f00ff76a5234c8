import { afterEach, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import type { Address } from '../../../src/transport/transport.js';
import { createHttpTransport } from '../../../transports/http/transport.js';
import { createWebSocketTransport } from '../../../transports/websocket/transport.js';
import { createSelfSigned } from '../net/self-signed.js';
import { localOutbound } from './local.js';

const tls = createSelfSigned(['station.example']);
const outbound = { ...localOutbound, extraCa: [tls.cert], lookup: async () => ['127.0.0.1'] };
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function later<T extends AsyncDisposable>(resource: T): T {
  opened.push(resource);
  return resource;
}

const named = (address: Address | undefined): Address =>
  (address ?? 'no:address').replace('127.0.0.1', 'station.example') as Address;

test('https carries messages, and disposal lets the last answer out', async () => {
  const transport = later(createHttpTransport({ outbound, tls }));
  const listener = later(await transport.listen('https://127.0.0.1:0/'));
  const channel = later(await transport.dial(named(listener.addresses[0])));
  const sending = channel.send(utf8('{}'));
  const posted = await listener[Symbol.asyncIterator]().next();
  const arrival = posted.done ? undefined : await posted.value[Symbol.asyncIterator]().next();
  const disposing = listener[Symbol.asyncDispose]();
  if (arrival === undefined || arrival.done) throw new Error('nothing arrived');
  expect(posted.value?.remoteAddress).toBe('https://127.0.0.1');
  await arrival.value.accept();
  await sending;
  await disposing;
});

test('wss on the port of https carries messages, also after the listener is gone', async () => {
  const sockets = later(createWebSocketTransport({ outbound, tls }));
  const attached = later(sockets.attach());
  const http = later(createHttpTransport({ outbound, tls, onUpgrade: attached.onUpgrade }));
  const listener = later(await http.listen('https://127.0.0.1:0/'));
  const address = named(listener.addresses[0]).replace('https', 'wss') as Address;
  const channel = later(await sockets.dial(address));
  const accepted = await attached[Symbol.asyncIterator]().next();
  if (accepted.done) throw new Error('no channel');
  const theirs = later(accepted.value);
  await listener[Symbol.asyncDispose]();
  await channel.send(utf8('{}'));
  expect((await theirs[Symbol.asyncIterator]().next()).done).toBe(false);
});

test('a peer without the right certificate is nobody', async () => {
  const transport = later(createHttpTransport({ outbound: { ...outbound, extraCa: [] }, tls }));
  const listener = later(await transport.listen('https://127.0.0.1:0/'));
  const channel = later(await transport.dial(named(listener.addresses[0])));
  await expect(channel.send(utf8('{}'))).rejects.toMatchObject({ code: 'ERR_NETWORK' });
});

test('listening with TLS needs a certificate', async () => {
  const transport = later(createHttpTransport({ outbound }));
  await expect(transport.listen('https://127.0.0.1:0/')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});
