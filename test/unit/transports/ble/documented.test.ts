import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { toHex } from '../../../../src/core/bytes.js';
import { ValueEncoder } from '../../../../src/link/gatt/value-codec.js';
import { advertisementOf } from '../../../../transports/ble/advertisement.js';
import { DIF, NATIVE, PROFILES } from '../../../../transports/ble/profiles.js';

/* What docs/transports/ble.md says byte by byte is what is sent. */

const page = await readFile(new URL('../../../../docs/transports/ble.md', import.meta.url), 'utf8');
const spaced = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

test('UUIDs', () => {
  for (const { serviceUuid, writeUuid, updateUuid, informationUuid } of PROFILES) {
    for (const uuid of [serviceUuid, writeUuid, updateUuid, informationUuid ?? serviceUuid]) {
      expect(page).toContain(uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
    }
  }
});

test('the advertisement and its scan response', () => {
  const { advertisement, scanResponse } = advertisementOf([NATIVE.serviceUuid, DIF.serviceUuid]);
  expect(page.replaceAll('  ', ' ')).toContain(spaced(advertisement));
  expect(page).toContain(spaced(scanResponse));
});

test('values', () => {
  const vectors = [...page.matchAll(/^ {4}([0-9a-f]+) +(\d+)-byte values +([0-9a-f, ]+?)(?: {2,}.*)?$/gm)];
  expect(vectors).toHaveLength(3);
  const encoders = new Map<string, ValueEncoder>();
  for (const [, frame = '', bytes = '', values = ''] of vectors) {
    const encoder = encoders.get(bytes) ?? new ValueEncoder(Number(bytes));
    encoders.set(bytes, encoder);
    expect(encoder.encode(Uint8Array.from(Buffer.from(frame, 'hex'))).map(toHex)).toEqual(values.split(', '));
  }
});
