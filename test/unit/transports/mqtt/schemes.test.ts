import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fromUtf8, utf8 } from '../../../../src/core/bytes.js';
import { isWaypostError } from '../../../../src/core/errors.js';
import type { Address } from '../../../../src/transport/transport.js';
import type { MqttTransportOptions } from '../../../../transports/mqtt/transport.js';
import { within } from '../../../conformance/within.js';
import { describeMosquitto } from '../../../support/describe-mosquitto.js';
import { type EncryptedMosquitto, startEncryptedMosquitto } from '../../../support/mosquitto-encrypted.js';
import { mqttTransport } from '../../../support/mqtt-transport.js';
import { localOutbound } from '../local.js';

/** The four schemes at one Mosquitto, which asks who is there and has a certificate that no public authority knows. */
const PASSWORD = 'correct horse';
const INBOX = 'didcomm/station/in';

describeMosquitto('brokers by TLS and WebSocket', () => {
  let broker: EncryptedMosquitto;
  beforeAll(async () => {
    broker = await startEncryptedMosquitto(PASSWORD);
  });
  afterAll(() => broker[Symbol.asyncDispose]());

  const open = (options: Partial<MqttTransportOptions> = {}) =>
    mqttTransport({
      outbound: { ...localOutbound, trustedOrigins: Object.values(broker.origins).map(toHttp) },
      credentials: () => ({ username: 'gateway', password: PASSWORD }),
      authorities: () => [broker.caPem],
      ...options,
    });

  test.each(['mqtt', 'mqtts', 'mqtt+ws', 'mqtt+wss'] as const)('%s carries messages both ways', async (scheme) => {
    await using transport = await open({ limits: { maxPacketBytes: 4000 } });
    const address = `${broker.origins[scheme]}/${INBOX}` as Address;
    await using listener = await transport.listen(address);
    await using channel = await transport.dial(address);
    const large = new Uint8Array(9000).fill(0x7b); // three segments
    await channel.send(large);
    const theirs = await within('a channel', listener[Symbol.asyncIterator]().next());
    if (theirs.done) throw new Error('no channel');
    const arrived = await within('the message', theirs.value[Symbol.asyncIterator]().next());
    expect(arrived.value?.bytes).toEqual(large);
    await arrived.value?.accept();
    await theirs.value.send(utf8('{"answer":1}'));
    const answer = await within('the answer', channel[Symbol.asyncIterator]().next());
    expect(fromUtf8(answer.value?.bytes ?? Uint8Array.of())).toBe('{"answer":1}');
    expect(transport.states()).toEqual([{ address, isConnected: true, lastError: null }]);
  });

  /** What dialling fails with, and what a listener says of itself meanwhile. */
  async function failure(scheme: keyof EncryptedMosquitto['origins'], options: Partial<MqttTransportOptions>) {
    await using transport = await open(options);
    const address = `${broker.origins[scheme]}/${INBOX}` as Address;
    const error: unknown = await transport.dial(address).catch((reason) => reason);
    await using listener = await transport.listen(address);
    expect(listener.addresses).toEqual([address]);
    if (!isWaypostError(error)) throw new Error('it connects');
    await vi.waitFor(() =>
      expect(transport.states()).toEqual([{ address, isConnected: false, lastError: error.message }]),
    );
    return error;
  }

  test.each(['mqtts', 'mqtt+wss'] as const)(
    '%s: a certificate that nobody vouches for is refused by name',
    async (scheme) => {
      for (const authorities of [() => [], () => [broker.otherCaPem]]) {
        const { code, message, retryable } = await failure(scheme, { authorities });
        expect({ code, retryable }).toEqual({ code: 'ERR_NETWORK', retryable: true });
        expect(message).toContain(broker.origins[scheme]);
        expect(message).toMatch(/its certificate is not accepted: .*(SELF_SIGNED|SIGNATURE|ISSUER)/);
      }
    },
  );

  test('an authority is trusted for its own broker alone', async () => {
    const authorities = (origin: string) => (origin === broker.origins['mqtt+wss'] ? [broker.caPem] : []);
    await using transport = await open({ authorities });
    await using channel = await transport.dial(`${broker.origins['mqtt+wss']}/${INBOX}` as Address);
    expect(channel.replies).toBe('many');
    const other = transport.dial(`${broker.origins.mqtts}/${INBOX}` as Address);
    await expect(other).rejects.toThrow('its certificate is not accepted');
  });

  test.each(['mqtt', 'mqtt+wss'] as const)(
    '%s: a wrong password is told from a broker that is away',
    async (scheme) => {
      for (const credentials of [() => ({ username: 'gateway', password: 'a guess' }), () => undefined]) {
        const { code, message, retryAfterMs } = await failure(scheme, { credentials });
        expect({ code, retryAfterMs }).toEqual({ code: 'ERR_REFUSED', retryAfterMs: 60_000 });
        expect(message).toContain('user name and password');
        expect(message).not.toContain('a guess');
      }
    },
  );

  test('without TLS at a port that has it: an error in time, not a hang', async () => {
    await using transport = await open();
    const address = `${broker.origins.mqtts.replace('mqtts', 'mqtt')}/${INBOX}` as Address;
    await expect(within('an error', transport.dial(address))).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  });
});

function toHttp(origin: string): string {
  return origin.replace(/^mqtt(?:\+ws)?(s?):/, 'http$1:');
}
