import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { base58 } from '@scure/base';

/*
 * Logs of did:webvh, made with the library's other half: what creates and updates.
 */

// Under NODE_ENV=test the library writes every log it makes to a file; it looks when it is loaded.
process.env.NODE_ENV = 'development';
const library = await import('didwebvh-ts');

type Json = { [member: string]: unknown };
export type Entry = Json & { parameters: Json; state: Json; proof: Json[] };

export interface Controller {
  /** The public key as an Ed25519 Multikey. */
  readonly multikey: string;
  getVerificationMethodId(): string;
  sign(input: { document: unknown; proof: unknown }): Promise<{ proofValue: string }>;
  verify(): Promise<boolean>;
}

export const HOST = 'did.example';
const CREATED = '2026-01-01T00:00:00Z';
const UPDATED = '2026-02-01T00:00:00Z';
/** Later than all the versions, also those that the library dates itself. */
export const NOW_MS = Date.parse('2100-01-01T00:00:00Z');

export function createController(): Controller {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const multikey = `z${base58.encode(Uint8Array.of(0xed, 0x01, ...rawPublicKey(publicKey)))}`;
  return {
    multikey,
    getVerificationMethodId: () => `did:key:${multikey}#${multikey}`,
    async sign({ document, proof }) {
      const data = await library.prepareDataForSigning(document, proof);
      return { proofValue: `z${base58.encode(sign(null, data, privateKey))}` };
    },
    // The library checks its own signature while it makes a log; what counts here is the check of the finished one.
    verify: async () => true,
  };
}

export interface MadeLog {
  readonly did: string;
  readonly log: Entry[];
}

export async function createLog(controller: Controller, options: Json = {}): Promise<MadeLog> {
  return library.createDID({
    domain: HOST,
    signer: controller,
    verifier: controller,
    updateKeys: [controller.multikey],
    verificationMethods: [{ type: 'Multikey', publicKeyMultibase: controller.multikey, purpose: 'authentication' }],
    created: CREATED,
    ...options,
  });
}

export async function updateLog(made: MadeLog, controller: Controller, options: Json = {}): Promise<MadeLog> {
  return library.updateDID({
    log: made.log,
    signer: controller,
    verifier: controller,
    updated: UPDATED,
    services: [{ id: '#dm', type: 'DIDCommMessaging', serviceEndpoint: { uri: 'https://did.example/dm' } }],
    ...options,
  });
}

export async function deactivateLog(made: MadeLog, controller: Controller): Promise<MadeLog> {
  return library.deactivateDID({ log: made.log, signer: controller, verifier: controller });
}

/** The content of `did-witness.json` in which `witness` approves one version. */
export async function witnessFile(versionId: unknown, witness: Controller): Promise<string> {
  const did = `did:key:${witness.multikey}`;
  const signed = await library.signWitnessProofEntry({
    versionId,
    witnesses: [{ id: did }],
    witnessSignersByDid: { [did]: witness },
    created: CREATED,
  });
  return JSON.stringify([signed]);
}

/** The content of `did.jsonl`. */
export function toJsonLines(entries: readonly Entry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
