import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressPolicy } from '../../../src/net/address-policy.js';
import { createOutboundConnect, type OutboundOptions } from '../../../src/net/outbound-connect.js';
import { type LocalServer, listenLocally } from './local-server.js';

let server: LocalServer;
beforeAll(async () => {
  server = await listenLocally(() => undefined);
});
afterAll(() => server[Symbol.asyncDispose]());

const strict: OutboundOptions = { policy: createAddressPolicy({ allow: [] }) };

function open(options: OutboundOptions, hostname: string, signal = new AbortController().signal): Promise<Socket> {
  const target = { protocol: 'http:', host: `${hostname}:${server.port}`, hostname, port: String(server.port) };
  const connect = createOutboundConnect(options, signal);
  return new Promise((resolve, reject) => {
    connect(target, (error, socket) => (error === null ? resolve(socket) : reject(error)));
  });
}

describe('an outgoing connection', () => {
  test('to an address that strangers may not name is refused', async () => {
    await expect(open(strict, '127.0.0.1')).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  test.each(['http', 'ws'])('to a configured origin is opened, written as %s', async (scheme) => {
    const trustedOrigins = [`${scheme}://127.0.0.1:${server.port}/some/path`];
    (await open({ ...strict, trustedOrigins }, '127.0.0.1')).destroy();
  });

  test('to another port of a configured host is judged by the policy', async () => {
    const trustedOrigins = [`http://127.0.0.1:${server.port + 1}`];
    await expect(open({ ...strict, trustedOrigins }, '127.0.0.1')).rejects.toMatchObject({
      code: 'ERR_ADDRESS_REFUSED',
    });
  });

  test('is given up when the signal aborts, also while a name is being resolved', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const opening = open({ ...strict, lookup: () => new Promise(() => undefined) }, 'slow.example', abort.signal);
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect(open({ ...strict, lookup: async () => ['8.8.8.8'] }, 'x.example', abort.signal)).rejects.toBe(reason);
  });

  test('leaves nothing behind at the signal, however many there are', async () => {
    const abort = new AbortController();
    let listeners = 0;
    const add = abort.signal.addEventListener.bind(abort.signal);
    abort.signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    const connect = createOutboundConnect({ policy: createAddressPolicy({ allow: ['127.0.0.1'] }) }, abort.signal);
    const target = { protocol: 'http:', hostname: '127.0.0.1', port: String(server.port) };
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve, reject) => {
        connect(target, (error, socket) => {
          socket?.destroy();
          return error === null ? resolve() : reject(error);
        });
      });
    }
    expect(listeners).toBe(1);
  });

  test.each(['', 'nowhere', 'ftp://host'])('needs origins that are URLs: %j', (origin) => {
    const create = () => createOutboundConnect({ ...strict, trustedOrigins: [origin] }, new AbortController().signal);
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});
