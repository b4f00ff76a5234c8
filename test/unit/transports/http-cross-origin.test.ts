import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { acceptAll, ENCRYPTED, openStation, post } from './http-support.js';

const ORIGIN = 'https://wallet.example';
const ASKING = {
  origin: ORIGIN,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type',
};

function corsOf(headers: Record<string, string | string[] | undefined>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
}

describe('a wallet in a browser', () => {
  test('is told that it may post, and nothing else', async () => {
    await using station = await openStation(acceptAll);
    const { statusCode, headers } = await request(station.url, { method: 'OPTIONS', headers: ASKING });
    expect(statusCode).toBe(204);
    expect(corsOf(headers)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '86400',
    });
    expect(station.arrivals).toEqual([]);
  });

  test('may read every answer to a post: taken, refused, and refused before the body', async () => {
    const busy = new WaypostError('ERR_STORE_FULL', 'no room', { retryable: true });
    await using station = await openStation((arrival) =>
      arrival.bytes.length > 5 ? arrival.refuse(busy) : arrival.accept(),
    );
    const headers = { 'content-type': ENCRYPTED, origin: ORIGIN };
    const readable = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };
    for (const [body, type, status] of [
      ['{}', ENCRYPTED, 202],
      ['{"a":1}', ENCRYPTED, 507],
      ['{}', 'text/plain', 415],
    ] as const) {
      const answer = await post(station.url, body, { ...headers, 'content-type': type });
      expect([answer.status, corsOf(answer.headers)]).toEqual([status, readable]);
    }
  });

  test('is not answered on other paths, nor with what another method is for', async () => {
    await using station = await openStation(acceptAll);
    const elsewhere = await request(new URL('/other', station.url), { method: 'OPTIONS', headers: ASKING });
    expect([elsewhere.statusCode, corsOf(elsewhere.headers)]).toEqual([404, {}]);
    const plain = await request(station.url, { method: 'OPTIONS' });
    expect([plain.statusCode, corsOf(plain.headers)]).toEqual([405, {}]);
  });

  test('others see nothing of it', async () => {
    await using station = await openStation(acceptAll);
    expect(corsOf((await post(station.url, '{}')).headers)).toEqual({});
  });
});
