import { createPublicKey, verify } from 'node:crypto';
import { resolveDIDFromLog } from 'didwebvh-ts';

/*
 * The program of the process in which `webvh-verifier.ts` verifies one log with didwebvh-ts. What that library takes
 * from its surroundings is settled here, where nobody else is affected: the time (it asks Date), the network (it must
 * not use it) and the console (it quotes what it verifies). No file of ours is imported, so that Node can run this one
 * from its source too.
 */

/** What the process is sent. */
export interface WebvhTask {
  readonly did: string;
  readonly scid: string;
  readonly log: readonly unknown[];
  readonly witnessProofs: readonly unknown[];
  readonly nowMs: number;
}

/** What it answers, once. */
export type WebvhVerdict =
  | { readonly valid: true; readonly deactivated: boolean; readonly document: unknown }
  | { readonly valid: false; readonly why: string };

/** What is used of the library. Its own declarations cannot be resolved from an ES module. */
type ResolveLog = (
  log: readonly unknown[],
  options: {
    readonly scid: string;
    readonly requestedDid: string;
    readonly verifier: Ed25519Verifier;
    /** Without this list the library would fetch one. */
    readonly witnessProofs: readonly unknown[];
  },
) => Promise<{ readonly doc: unknown; readonly meta: { readonly deactivated: boolean } }>;

interface Ed25519Verifier {
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): Promise<boolean>;
}

const ED25519_KEY_BYTES = 32;

const ed25519: Ed25519Verifier = {
  async verify(signature, message, publicKey) {
    if (publicKey.length !== ED25519_KEY_BYTES) return false;
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') };
    return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  },
};

const resolveLog: ResolveLog = resolveDIDFromLog;

async function judge(task: WebvhTask): Promise<WebvhVerdict> {
  Date.now = () => task.nowMs;
  globalThis.fetch = async () => {
    throw new Error('a log is verified without the network');
  };
  console.warn = () => undefined;
  console.error = () => undefined;
  try {
    const { doc, meta } = await resolveLog(task.log, {
      scid: task.scid,
      requestedDid: task.did,
      verifier: ed25519,
      witnessProofs: task.witnessProofs,
    });
    return { valid: true, deactivated: meta.deactivated, document: doc };
  } catch (error) {
    return { valid: false, why: error instanceof Error ? error.message : String(error) };
  }
}

process.once('message', async (task: WebvhTask) => {
  process.send?.(await judge(task), () => process.disconnect());
});
