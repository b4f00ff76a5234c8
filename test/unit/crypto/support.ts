import { expect } from 'vitest';
import { toBase64url } from '../../../src/core/base64url.js';
import { type ErrorCode, WaypostError } from '../../../src/core/errors.js';
import type { Curve } from '../../../src/crypto/jwk.js';
import { createNoblePrimitives } from '../../../src/crypto/noble.js';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import type { ContentEncryption } from '../../../src/crypto/primitives.js';

export const node = createNodePrimitives();
export const noble = createNoblePrimitives();

/** For `describe.each`: every implementation of the primitives. */
export const IMPLEMENTATIONS = [node, noble];
/** For what one implementation makes and the other takes. */
export const PAIRS = [
  { name: 'node -> noble', from: node, to: noble },
  { name: 'noble -> node', from: noble, to: node },
];

export const CURVES: readonly Curve[] = ['X25519', 'Ed25519', 'P-256', 'P-384', 'P-521', 'secp256k1'];
export const CONTENT_ENCRYPTIONS: readonly ContentEncryption[] = ['A256CBC-HS512', 'A256GCM', 'XC20P'];

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function base64urlOfHex(text: string): string {
  return toBase64url(hex(text));
}

/** The bytes first, first + 1, ... */
export function counting(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i);
}

/** Runs `action`, which must throw a WaypostError, and gives back what it says. */
export function failureOf(action: () => unknown): { code: ErrorCode; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof WaypostError) return { code: error.code, message: error.message };
    throw error;
  }
  return expect.fail('nothing was thrown');
}

export function codeOf(action: () => unknown): ErrorCode {
  return failureOf(action).code;
}
