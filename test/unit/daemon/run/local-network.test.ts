import { expect, test } from 'vitest';
import { describeService } from '../../../../src/daemon/run/local-network.js';

const DID = 'did:peer:3zQmS19jtYDvGtKVrJhQnRFpBQAx3pJ9omx2HpNrcXFuRCz9';

test('a gateway on one address announces that one, by a name that tells it from others', () => {
  const service = describeService('Boat 7', DID, 'http://192.0.2.7:8080');
  expect(service).toMatchObject({
    instance: 'Boat 7 uRCz9'.replace('uRCz9', DID.slice(-6)),
    type: '_didcomm._tcp',
    port: 8080,
  });
  expect(service?.addresses()).toEqual(['192.0.2.7']);
  expect(service?.host).toMatch(/^[a-z0-9-]+\.local$/);
  expect(service?.txt).toContain(`did=${DID}`);
});

test('on all addresses it announces those that others can reach', () => {
  const addresses = describeService('x', DID, 'http://[::]:8080')?.addresses() ?? [];
  expect(addresses.filter((address) => /^(127\.|::1$)/.test(address))).toEqual([]);
  expect(describeService('x', DID, 'http://[fd00::7]:8080')?.addresses()).toEqual(['fd00::7']);
});

test.each(['http://127.0.0.1:8080', 'http://[::1]:8080', 'http://localhost:8080'])('nothing on %s', (address) => {
  expect(describeService('x', DID, address)).toBeUndefined();
});

test('a long name with dots becomes one label, cut between characters', () => {
  const { instance = '' } = describeService('ü.'.repeat(30), DID, 'http://192.0.2.7:1') ?? {};
  expect(instance).not.toContain('.');
  expect(Buffer.byteLength(instance)).toBeLessThanOrEqual(63);
  expect(instance).toMatch(/^(ü ?)+ \w{6}$/);
});

test('a DID that is too long for an entry is left out', () => {
  const { txt } = describeService('x', `did:web:${'a'.repeat(300)}`, 'http://192.0.2.7:1') ?? { txt: [] };
  expect(txt.some((entry) => entry.startsWith('did='))).toBe(false);
});
