import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import { utf8 } from '../../../src/core/bytes.js';
import { type ErrorCode, WaypostError } from '../../../src/core/errors.js';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import type { PersistentMap } from '../../../src/did/persistent-map.js';

export const primitives = createNodePrimitives();
export const bothPrimitives = [primitives, createNoblePrimitives()];

/** The example of the Peer DID Method, "Method 2", with its did:peer:3. */
export const SPEC_PEER_2 =
  'did:peer:2.Vz6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc.Ez6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR' +
  '.SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9kaWRjb21tIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0xIl19fQ' +
  '.SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9hbm90aGVyIiwiYSI6WyJkaWRjb21tL3YyIl0sInIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0yIl19fQ';
export const SPEC_PEER_3 = 'did:peer:3zQmd6RdU6e2nDrLn1rjwdA5Buzq7wJwsv3WJ1AgrwKYJoLE';

export const ED25519_KEY = 'z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH';
export const X25519_KEY = 'z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc';

/** A did:peer:2 with one key of each kind and the given service elements, JSON or raw text. */
export function peer2With(...services: unknown[]): string {
  const elements = services.map((service) => `.S${typeof service === 'string' ? service : encoded(service)}`);
  return `did:peer:2.E${X25519_KEY}.V${ED25519_KEY}${elements.join('')}`;
}

export function encoded(value: unknown): string {
  return toBase64url(utf8(JSON.stringify(value)));
}

/** Runs `action` and gives the code of the WaypostError that it throws; fails on success and on other errors. */
export function codeOf(action: () => unknown): ErrorCode {
  try {
    action();
  } catch (error) {
    return codeOfError(error);
  }
  return expect.fail('nothing was thrown');
}

/** The same for a promise. What is no promise was not refused either. */
export async function rejectionOf(promise: unknown): Promise<ErrorCode> {
  return Promise.resolve(promise).then(() => expect.fail('nothing was thrown'), codeOfError);
}

function codeOfError(error: unknown): ErrorCode {
  if (error instanceof WaypostError) return error.code;
  throw error;
}

/** A map in memory that counts what a flash memory would feel. */
export function countingMap(): PersistentMap & { readonly entries: Map<string, string>; writes: number } {
  const entries = new Map<string, string>();
  return {
    entries,
    writes: 0,
    get: async (key) => entries.get(key),
    async set(key, value) {
      this.writes++;
      entries.set(key, value);
    },
  };
}

/** Vectors that several projects share, beside this repository. Undefined where absent, which CI does not accept. */
export function sharedVectors(path: string): unknown {
  const file = resolve(process.cwd(), '../shared/vectors', path);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  if (process.env.WAYPOST_CI === '1') throw new Error(`${file} is missing`);
  return undefined;
}
