import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import type { AgreementCurve, PublicJwk } from '../../../src/crypto/jwk.js';
import { AgreementThread } from '../../../src/crypto/node.js';
import type { PrivateKey } from '../../../src/crypto/primitives.js';
import { ManualClock } from '../../support/manual-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { node } from './support.js';

const CURVES: readonly AgreementCurve[] = ['X25519', 'P-256', 'P-384', 'P-521'];
const WORKER = pathToFileURL(resolve('src/crypto/node/agreement-worker.ts'));
/** A look, as long as there is something to look at. */
const LOOK_MS = 250;
const MANY = 60;

function threadWith(url = WORKER) {
  const scheduler = new ManualScheduler(new ManualClock());
  const thread = new AgreementThread({ worker: { url }, scheduler });
  onTestFinished(() => thread[Symbol.dispose]());
  const keep = async (key: PrivateKey, peer: PublicJwk): Promise<void> => {
    for (let i = 0; i < MANY; i++) await thread.agree(key, peer);
    await scheduler.advance(LOOK_MS);
  };
  return { thread, scheduler, keepBusy: keep };
}

function pair(curve: AgreementCurve = 'X25519') {
  const ours = node.generateEphemeral(curve);
  const peer = node.generateEphemeral(curve).publicJwk;
  return { ours, peer, secret: node.agree(ours, node.importPublicKey(peer)) };
}

test('few agreements are made here, and at once', async () => {
  const { thread, scheduler } = threadWith();
  const { ours, peer, secret } = pair();
  for (let round = 0; round < 10; round++) {
    expect(thread.agree(ours, peer)).toEqual(secret);
    await scheduler.advance(LOOK_MS);
  }
  expect(thread.isRunning).toBe(false);
});

test.each(CURVES)('many are made in another thread, with the same secrets: %s', async (curve) => {
  const { thread, keepBusy } = threadWith();
  const pairs = [pair(curve), pair(curve), pair(curve)];
  const { ours, peer } = pair(curve);
  await keepBusy(ours, peer);
  expect(thread.isRunning).toBe(true);
  const asked = [...pairs, ...pairs, ...pairs];
  const secrets = asked.map(({ ours, peer }) => thread.agree(ours, peer));
  expect(secrets.every((secret) => secret instanceof Promise)).toBe(true);
  expect(await Promise.all(secrets)).toEqual(asked.map(({ secret }) => secret));
});

test('the thread ends when it is quiet, and comes again', async () => {
  const { thread, scheduler, keepBusy } = threadWith();
  const { ours, peer, secret } = pair();
  await keepBusy(ours, peer);
  expect(thread.isRunning).toBe(true);
  await scheduler.advance(30 * LOOK_MS);
  expect(thread.isRunning).toBe(false);
  expect(thread.agree(ours, peer)).toEqual(secret);
  await keepBusy(ours, peer);
  expect(await thread.agree(ours, peer)).toEqual(secret);
  expect(thread.isRunning).toBe(true);
});

test('a bad key is refused in the same words, and spoils nothing for those beside it', async () => {
  const { thread, keepBusy } = threadWith();
  const { ours, peer, secret } = pair();
  const lowOrder = { kty: 'OKP', crv: 'X25519', x: toBase64url(new Uint8Array(32)) } as PublicJwk;
  const tooShort = { kty: 'OKP', crv: 'X25519', x: 'AAAA' } as PublicJwk;
  const otherCurve = node.generateEphemeral('P-256').publicJwk;
  const bad = [lowOrder, tooShort, otherCurve];
  const errors = bad.map((jwk) => caught(() => thread.agree(ours, jwk)));
  await keepBusy(ours, peer);
  const answers = [...bad, peer].map((jwk) => thread.agree(ours, jwk));
  const settled = await Promise.allSettled(answers);
  expect(settled.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : one.value))).toEqual([
    ...errors.map(({ message }) => message),
    secret,
  ]);
  expect(errors).toMatchObject(bad.map(() => ({ code: 'ERR_KEY_INVALID' })));
});

test('what a thread leaves behind that fails is done here', async () => {
  const { thread, keepBusy } = threadWith(new URL('data:text/javascript,throw new Error("no thread today")'));
  const { ours, peer, secret } = pair();
  await keepBusy(ours, peer);
  const secrets = Array.from({ length: 5 }, () => thread.agree(ours, peer));
  expect(await Promise.all(secrets)).toEqual(secrets.map(() => secret));
  await vi.waitFor(() => expect(thread.isRunning).toBe(false));
});

test('what is under way when it is disposed is done here', async () => {
  const { thread, keepBusy } = threadWith();
  const { ours, peer, secret } = pair();
  await keepBusy(ours, peer);
  const secrets = Array.from({ length: 5 }, () => thread.agree(ours, peer));
  thread[Symbol.dispose]();
  expect(await Promise.all(secrets)).toEqual(secrets.map(() => secret));
  expect(thread.agree(ours, peer)).toEqual(secret);
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
