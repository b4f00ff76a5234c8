import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { AgreedSecrets, AgreementBatch } from './agreement-thread.js';

/*
 * The entry of the thread behind `AgreementThread`; a bundle needs it as an entry of its own. It imports nothing but Node, so that
 * it is there in some milliseconds and takes little memory.
 */

function serve(port: MessagePort): void {
  const keys: KeyObject[] = [];
  port.on('message', ({ newKeys, keyIndexes, publicKeys }: AgreementBatch) => {
    keys.push(...newKeys);
    port.postMessage(publicKeys.map((pem, at) => agree(keys[keyIndexes[at] ?? -1], pem)) satisfies AgreedSecrets);
  });
}

function agree(privateKey: KeyObject | undefined, pem: string): Uint8Array | undefined {
  if (privateKey === undefined) return undefined;
  try {
    return new Uint8Array(diffieHellman({ privateKey, publicKey: createPublicKey(pem) }));
  } catch {
    return undefined;
  }
}

if (parentPort) serve(parentPort);
