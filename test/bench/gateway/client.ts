import { Pool } from 'undici';
import { createNodePrimitives } from '../../../src/crypto/node.js';
import { type CreatedDid, createDid } from '../../../src/did/create.js';
import { createMemoryMap } from '../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../src/did/resolver.js';
import { createEnvelopes } from '../../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../../src/envelope/local-secrets.js';
import { newMessageId, type PlaintextMessage } from '../../../src/envelope/message.js';

const ENCRYPTED = 'application/didcomm-encrypted+json';

/** The size of a short text for somebody, packed. */
const CIPHERTEXT_BYTES = 1024;

export const primitives = createNodePrimitives();
const resolver = createDidResolver({ primitives, longForms: createMemoryMap(1000) });

/** A client of the gateway, over one connection that stays open. */
export class BenchClient implements AsyncDisposable {
  readonly identity: CreatedDid = createDid(primitives, { method: 'peer2' });
  readonly #pool: Pool;
  readonly #gateway: string;
  readonly #envelopes;

  constructor(http: string, gateway: string) {
    this.#pool = new Pool(http, { connections: 1, pipelining: 1 });
    this.#gateway = gateway;
    const secrets = createLocalSecrets({ primitives, keys: this.identity.secrets });
    this.#envelopes = createEnvelopes({ primitives, resolver, secrets });
  }

  /** Posts a packed message; anything but 2xx is an error of the benchmark. */
  async post(packed: string): Promise<string> {
    const { statusCode, body } = await this.#pool.request({
      path: '/',
      method: 'POST',
      headers: { 'content-type': ENCRYPTED },
      body: packed,
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`the gateway answered ${statusCode}: ${text}`);
    return text;
  }

  /** An authcrypted request; gives the answer. */
  async request(type: string, body: Record<string, unknown>): Promise<PlaintextMessage> {
    const message = { id: newMessageId(primitives), type, return_route: 'all', body };
    const [envelope] = await this.#envelopes.pack(message, {
      mode: 'auth',
      from: this.identity.did,
      to: [this.#gateway],
    });
    const answer = await this.post(envelope?.packed ?? '');
    return (await this.#envelopes.unpack(answer)).message;
  }

  /** Without an answer. */
  async tell(type: string, body: Record<string, unknown>): Promise<void> {
    const message = { id: newMessageId(primitives), type, body };
    const [envelope] = await this.#envelopes.pack(message, {
      mode: 'auth',
      from: this.identity.did,
      to: [this.#gateway],
    });
    await this.post(envelope?.packed ?? '');
  }

  async register(): Promise<void> {
    await this.request('https://didcomm.org/coordinate-mediation/3.0/mediate-request', {});
    const updates = [{ recipient_did: this.identity.did, action: 'add' }];
    await this.request('https://didcomm.org/coordinate-mediation/3.0/recipient-update', { updates });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }
}

/** Something that looks like an encrypted message: the gateway cannot open it anyway. Each one differs. */
function innerMessage(): object {
  const text = (bytes: number) => Buffer.from(primitives.randomBytes(bytes)).toString('base64url');
  return {
    protected: text(300),
    recipients: [{ header: { kid: 'did:example:somebody#key-1' }, encrypted_key: text(72) }],
    iv: text(16),
    ciphertext: text(CIPHERTEXT_BYTES),
    tag: text(32),
  };
}

/** Forwards by strangers, as different senders would pack them. */
export async function packForwards(gateway: string, recipients: readonly string[], count: number): Promise<string[]> {
  const envelopes = createEnvelopes({ primitives, resolver, secrets: createLocalSecrets({ primitives, keys: [] }) });
  const packed: string[] = [];
  for (let index = 0; index < count; index++) {
    const message = {
      id: newMessageId(primitives),
      type: 'https://didcomm.org/routing/2.0/forward',
      body: { next: recipients[index % recipients.length] ?? '' },
      attachments: [{ data: { json: innerMessage() } }],
    };
    const [envelope] = await envelopes.pack(message, { mode: 'anon', to: [gateway] });
    packed.push(envelope?.packed ?? '');
  }
  return packed;
}
