import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { LINK_PROFILES } from '../../../../firmware-sim/profiles.js';
import { type LogFields, type Logger, silentLogger } from '../../../../src/core/logger.js';
import type { Link, LinkDriver } from '../../../../src/link/link.js';
import { createSerialDriver } from '../../../../transports/serial/driver.js';
import { within } from '../../../conformance/within.js';
import { canMakePtys, openTestLine, timers } from '../../../support/pty-lines.js';

const driver = (logger: Logger = silentLogger): LinkDriver =>
  createSerialDriver({ timers, logger, random: Math.random });
const frameOf = (seed: number, length = 100): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * seed + seed) & 0xff);

const PATIENCE_MS = 10_000;
async function nextOf<T>(what: string, source: AsyncIterable<T>): Promise<T> {
  const result = await within(what, source[Symbol.asyncIterator]().next(), PATIENCE_MS);
  if (result.done === true) throw new Error(`${what}: the iteration ended`);
  return result.value;
}

/** The first frame that says the link is there, then its link. */
async function connect(line: Awaited<ReturnType<typeof openTestLine>>, theirs: LinkDriver, ours: LinkDriver) {
  const listener = await ours.accept(line.addresses[0]);
  const device = await theirs.open(line.addresses[1]);
  await device.send(frameOf(1));
  const gateway = await nextOf('the link', listener);
  expect([...(await nextOf('the first frame', gateway))]).toEqual([...frameOf(1)]);
  return { listener, device, gateway };
}

async function close(...opened: readonly AsyncDisposable[]): Promise<void> {
  for (const one of opened) await one[Symbol.asyncDispose]();
}

describe.skipIf(!canMakePtys())('the serial driver on pseudo terminals', () => {
  test('frames go both ways, in order and whole', async () => {
    await using line = await openTestLine();
    const { listener, device, gateway } = await connect(line, driver(), driver());
    for (let seed = 2; seed < 30; seed++) await device.send(frameOf(seed, 30 * seed));
    for (let seed = 2; seed < 30; seed++) {
      expect([...(await nextOf('a frame', gateway))]).toEqual([...frameOf(seed, 30 * seed)]);
    }
    await gateway.send(frameOf(7, gateway.mtuBytes));
    expect([...(await nextOf('a frame back', device))]).toEqual([...frameOf(7, gateway.mtuBytes)]);
    await expect(gateway.send(new Uint8Array(gateway.mtuBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    await close(device, gateway, listener);
  });

  test('a line that is noisy loses frames and damages none', async () => {
    await using line = await openTestLine({ ...LINK_PROFILES.slipping, baudRate: 1_000_000 }, { seed: 3 });
    const [ours, theirs] = [driver(), driver()];
    const listener = await ours.accept(`${line.addresses[0]}&fec=off`);
    const device = await theirs.open(`${line.addresses[1]}&fec=off`);
    const sent = Array.from({ length: 300 }, (_, i) => frameOf(i, 120));
    const texts = new Set(sent.map((frame) => frame.toString()));
    const received: string[] = [];
    const reading = (async () => {
      const gateway = await nextOf('the link', listener);
      for await (const frame of gateway) received.push(frame.toString());
    })();
    for (const frame of sent) await device.send(frame);
    await expect.poll(() => received.length).toBeGreaterThan(150);
    await line.unplug(0);
    await within('the end of the link', reading, PATIENCE_MS);
    expect(received.length).toBeLessThan(300);
    expect(received.every((text) => texts.has(text))).toBe(true);
    await close(device, listener);
  });

  test('parity begins by itself on a noisy line, on both sides, and repairs what arrives', async () => {
    await using line = await openTestLine({ ...LINK_PROFILES['noisy-115200'], baudRate: 1_000_000, latencyMs: 1 });
    const { listener, device, gateway } = await connect(line, driver(), driver());
    const plainOverhead = device.pace?.frameOverheadBytes ?? 0;
    const sending = (async () => {
      for (let i = 0; i < 150; i++) await device.send(frameOf(i, 200));
    })();
    await nextOf('a frame', gateway);
    await sending;
    await expect.poll(() => gateway.pace?.frameOverheadBytes).toBeGreaterThan(plainOverhead);
    expect(device.pace?.frameOverheadBytes).toBe(plainOverhead);
    await gateway.send(frameOf(1, 200));
    await nextOf('a frame with parity', device);
    expect(device.pace?.frameOverheadBytes).toBeGreaterThan(plainOverhead);
    await close(device, gateway, listener);
  });

  test('what a microcontroller says while it boots is neither a link nor a frame', async () => {
    const profile = { ...LINK_PROFILES.garbage, baudRate: 1_000_000, flipped: 0 };
    await using line = await openTestLine(profile);
    const listener = await driver().accept(line.addresses[0]);
    const device = await driver().open(line.addresses[1]);
    const first = listener[Symbol.asyncIterator]().next();
    expect(await Promise.race([first, timers.sleep(300, AbortSignal.timeout(5000))])).toBeUndefined();
    for (let i = 0; i < 5; i++) await device.send(frameOf(i));
    const { value: gateway } = await within('the link', first, PATIENCE_MS);
    expect((await nextOf('a frame', gateway as Link)).length).toBe(100);
    await close(device, gateway as Link, listener);
  });

  test('a link ends when its port is unplugged, and the next begins when it is back', async () => {
    const events: string[] = [];
    const note = (event: string, fields?: LogFields) => void events.push(`${event} ${fields?.message ?? ''}`.trim());
    await using line = await openTestLine();
    const { listener, device, gateway } = await connect(
      line,
      driver(),
      driver({ ...silentLogger, info: note, warn: note }),
    );
    await line.unplug(0);
    expect((await within('the end', gateway[Symbol.asyncIterator]().next(), PATIENCE_MS)).done).toBe(true);
    await expect(gateway.send(frameOf(1))).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', retryable: true });
    await expect.poll(() => events).toEqual(['serial.port-lost', expect.stringContaining('there is no serial port')]);
    await line.plug(0);
    await expect.poll(() => events.at(-1)).toBe('serial.port-open');
    await device.send(frameOf(9));
    const again = await nextOf('the second link', listener);
    expect([...(await nextOf('its frame', again))]).toEqual([...frameOf(9)]);
    await close(device, gateway, again, listener);
  });

  test('a listener waits for a port that is not there yet', async () => {
    await using line = await openTestLine();
    await line.unplug(0);
    const listener = await driver().accept(line.addresses[0]);
    await line.plug(0);
    const device = await driver().open(line.addresses[1]);
    const link = listener[Symbol.asyncIterator]().next();
    const knocking = setInterval(() => void device.send(frameOf(1)), 100);
    expect((await within('the link', link, PATIENCE_MS).finally(() => clearInterval(knocking))).done).toBe(false);
    await close(device, listener);
  });

  test('a peer that goes on after its link was disposed begins another; a second at once is refused', async () => {
    await using line = await openTestLine();
    const ours = driver();
    const { listener, device, gateway } = await connect(line, driver(), ours);
    await expect(ours.open(line.addresses[0])).rejects.toMatchObject({ code: 'ERR_NETWORK', retryable: true });
    await close(gateway);
    await device.send(frameOf(4));
    const next = await nextOf('the next link', listener);
    await close(next);
    // Now from our side, over the port that is held already.
    const outgoing = await ours.open(line.addresses[0]);
    await outgoing.send(frameOf(5));
    expect([...(await nextOf('a frame', device))]).toEqual([...frameOf(5)]);
    await close(outgoing, device, listener);
  });

  test('two programs do not share a port', async () => {
    await using line = await openTestLine();
    const listener = await driver().accept(line.addresses[0]);
    const taken = { code: 'ERR_LISTEN', message: expect.stringContaining('in use by another program') };
    await expect(driver().accept(line.addresses[0])).rejects.toMatchObject(taken);
    await expect(driver().open(line.addresses[0])).rejects.toMatchObject({ code: 'ERR_SERIAL_PORT', retryable: true });
    await close(listener);
    await close(await driver().accept(line.addresses[0]));
  });

  test('frames wait above the line, not below it', async () => {
    await using line = await openTestLine({ ...LINK_PROFILES.clean, baudRate: 9600 });
    const { listener, device, gateway } = await connect(line, driver(), driver());
    const startMs = timers.now();
    for (let i = 0; i < 5; i++) await device.send(frameOf(i, 96));
    // 5 frames of 102 bytes and more at 960 bytes a second; at most a frame and the allowance of an mtu may wait below.
    expect(timers.now() - startMs).toBeGreaterThan(0);
    const bytesBelow = 5 * 102 - ((timers.now() - startMs) / 1000) * 960;
    expect(bytesBelow).toBeLessThan(device.mtuBytes + 2 * 102);
    await close(device, gateway, listener);
  });

  test('closing lets leave what was sent', async () => {
    await using line = await openTestLine({ ...LINK_PROFILES.clean, baudRate: 19_200 });
    const { listener, device, gateway } = await connect(line, driver(), driver());
    await device.send(frameOf(8, 300));
    await close(device);
    expect([...(await nextOf('the last frame', gateway))]).toEqual([...frameOf(8, 300)]);
    await close(gateway, listener);
  });
});

test('what is no serial port is not opened', async ({ onTestFinished }) => {
  const file = `/tmp/waypost-no-tty-${process.pid}`;
  await writeFile(file, 'x');
  onTestFinished(() => import('node:fs/promises').then(({ rm }) => rm(file)));
  await expect(driver().open(`serial:${file}`)).rejects.toMatchObject({ code: 'ERR_SERIAL_PORT', retryable: false });
  await expect(driver().accept(`serial:${file}`)).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  await expect(driver().open(`serial:${file}-absent`)).rejects.toMatchObject({ code: 'ERR_NETWORK', retryable: true });
});
