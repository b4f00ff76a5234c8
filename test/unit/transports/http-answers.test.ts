import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/core/bytes.js';
import { ERROR_CODES, type ErrorCode, WaypostError } from '../../../src/core/errors.js';
import { statusOf } from '../../../transports/http/answers.js';
import { acceptAll, ENCRYPTED, openStation, post } from './http-support.js';

const JWE = '{"protected":"e30","recipients":[],"iv":"","ciphertext":"","tag":""}';

describe('an accepted POST', () => {
  test('is answered 202 without a body', async () => {
    await using station = await openStation(acceptAll);
    const answer = await post(station.url, JWE);
    expect(answer).toMatchObject({ status: 202, text: '' });
    expect(station.arrivals).toHaveLength(1);
    expect(fromUtf8(station.arrivals[0]?.bytes ?? new Uint8Array())).toBe(JWE);
    expect(station.arrivals[0]?.mediaType).toBe(ENCRYPTED);
  });

  test('is answered 200 with the reply, named by its kind', async () => {
    for (const [reply, mediaType] of [
      [JWE, ENCRYPTED],
      ['{"payload":"","signatures":[]}', 'application/didcomm-signed+json'],
      ['{"id":"1","type":"https://didcomm.org/empty/1.0/empty"}', 'application/didcomm-plain+json'],
    ] as const) {
      await using station = await openStation((arrival) => arrival.accept(utf8(reply)));
      const answer = await post(station.url, JWE);
      expect(answer).toMatchObject({ status: 200, text: reply });
      expect(answer.headers['content-type']).toBe(mediaType);
    }
  });

  test('may carry parameters in its media type, in any case', async () => {
    await using station = await openStation(acceptAll);
    for (const type of [
      'application/didcomm-encrypted+json; charset=utf-8',
      'Application/DIDComm-Signed+JSON',
      'application/didcomm-plain+json ;x=y',
    ]) {
      expect((await post(station.url, JWE, { 'content-type': type })).status).toBe(202);
    }
  });

  test('may have a query, and come in many parts', async () => {
    await using station = await openStation(acceptAll);
    expect((await post(`${station.url}?x=1`, JWE)).status).toBe(202);
    const parts = new Blob(['{"a"', ':', '1}']).stream();
    const answer = await fetch(station.url, {
      method: 'POST',
      headers: { 'content-type': ENCRYPTED },
      body: parts,
      duplex: 'half',
    } as RequestInit);
    expect(answer.status).toBe(202);
    expect(fromUtf8(station.arrivals[1]?.bytes ?? new Uint8Array())).toBe('{"a":1}');
  });
});

describe('a refused POST', () => {
  test.each([
    ['ERR_DECRYPT_FAILED', 400, false],
    ['ERR_MESSAGE_MALFORMED', 400, false],
    ['ERR_JWE_NO_RECIPIENT', 400, false],
    ['ERR_NOT_ALLOWED', 403, false],
    ['ERR_NEXT_UNKNOWN', 404, false],
    ['ERR_TOO_LARGE', 413, false],
    ['ERR_MEDIA_TYPE', 415, false],
    ['ERR_QUOTA_DEPOSITOR', 429, true],
    ['ERR_RATE_LIMIT', 429, true],
    ['ERR_INTERNAL', 500, false],
    ['ERR_DRAINING', 503, true],
    ['ERR_STORE_BUSY', 503, true],
    ['ERR_DID_UNAVAILABLE', 503, true],
    ['ERR_STORE_FULL', 507, true],
    ['ERR_QUOTA_RECIPIENT', 507, true],
  ] as const)('for %s is answered %i', async (code, status, retryable) => {
    await using station = await openStation((arrival) =>
      arrival.refuse(new WaypostError(code, 'a secret', { retryable })),
    );
    const answer = await post(station.url, JWE);
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe(retryable ? '30' : undefined);
    expect(answer.text).not.toContain('secret');
    expect(answer.text).not.toContain(code);
  });

  test('says how long to wait where that is known', async () => {
    const reason = new WaypostError('ERR_STORE_FULL', 'full', { retryable: true, retryAfterMs: 90_001 });
    await using station = await openStation((arrival) => arrival.refuse(reason));
    expect((await post(station.url, JWE)).headers['retry-after']).toBe('91');
  });

  test('carries the packed problem report that it is given', async () => {
    await using station = await openStation((arrival) =>
      arrival.refuse(new WaypostError('ERR_NEXT_UNKNOWN', ''), utf8(JWE)),
    );
    const answer = await post(station.url, JWE);
    expect(answer).toMatchObject({ status: 404, text: JWE });
    expect(answer.headers['content-type']).toBe(ENCRYPTED);
  });

  test('is not the fault of the sender for a code that nobody has thought of', () => {
    expect(statusOf(new WaypostError('ERR_FILE', ''))).toBe(500);
    expect(statusOf(new WaypostError('ERR_FILE', '', { retryable: true }))).toBe(503);
  });

  test('is never taken for an accepted one, whatever the code', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      expect(statusOf(new WaypostError(code, '')), code).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('what no arrival comes of', () => {
  test.each([
    ['another media type', { 'content-type': 'application/json' }],
    ['DIDComm v1', { 'content-type': 'application/ssi-agent-wire' }],
    ['no media type', {}],
    ['a compressed body', { 'content-type': ENCRYPTED, 'content-encoding': 'gzip' }],
  ])('%s is answered 415', async (_name, headers) => {
    await using station = await openStation(acceptAll);
    const answer = await post(station.url, JWE, headers as Record<string, string>);
    expect(answer.status).toBe(415);
    expect(answer.headers.accept).toContain(ENCRYPTED);
    expect(station.arrivals).toHaveLength(0);
    // The connection, and the listener, are as good as before.
    expect((await post(station.url, JWE)).status).toBe(202);
  });

  test('another method or path is answered 405 or 404', async () => {
    await using station = await openStation(acceptAll);
    const get = await fetch(station.url);
    expect(get.status).toBe(405);
    expect(get.headers.get('allow')).toBe('POST');
    expect((await post(`${station.url}elsewhere`, JWE)).status).toBe(404);
    expect(station.arrivals).toHaveLength(0);
  });

  test('another method or path goes to the handler of pages where there is one', async () => {
    await using station = await openStation(
      acceptAll,
      {},
      {
        onRequest: (request, response) => response.end(`page for ${request.method} ${request.url}`),
      },
    );
    expect(await (await fetch(`${station.url}?_oob=abc`)).text()).toBe('page for GET /?_oob=abc');
    expect((await post(`${station.url}admin`, JWE)).text).toBe('page for POST /admin');
    expect((await post(station.url, JWE)).status).toBe(202);
  });
});

describe('settling', () => {
  test('that never happens is answered 503 in time, and what is said later reaches nobody', async () => {
    await using station = await openStation(async () => undefined, { settleTimeoutMs: 50 });
    const answer = await post(station.url, JWE);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
    await expect(station.arrivals[0]?.accept()).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  });

  test('for a client that has gone says so', async () => {
    await using station = await openStation(async () => undefined);
    const abort = new AbortController();
    const posting = fetch(station.url, {
      method: 'POST',
      headers: { 'content-type': ENCRYPTED },
      body: JWE,
      signal: abort.signal,
    }).catch(() => undefined);
    await expect.poll(() => station.arrivals.length).toBe(1);
    abort.abort();
    await posting;
    await new Promise((resolve) => setTimeout(resolve, 30));
    await expect(station.arrivals[0]?.accept()).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
  });
});
