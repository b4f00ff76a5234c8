import {
  FromPrior,
  type IMessage,
  type IParsedForward,
  Message,
  type UnpackMetadata,
  type UnpackOptions,
} from 'didcomm-node';
import { decodeMultikey } from '../../src/crypto/multikey.js';
import type { ContentEncryption, Primitives } from '../../src/crypto/primitives.js';
import type { DidSecret } from '../../src/did/create.js';
import type { DidDocument, DidResolver, DidService, VerificationMethod } from '../../src/envelope/resolvers.js';

/*
 * didcomm-node (didcomm-rust compiled to WebAssembly) with plain values going in and out. Its objects are pointers
 * into the memory of the module, where no garbage collector finds them: whatever is made here is freed here.
 */

/** The names that didcomm-node has for the content encryptions of anoncrypt. */
export const ENC_ALG_ANON = {
  'A256CBC-HS512': 'A256cbcHs512EcdhEsA256kw',
  A256GCM: 'A256gcmEcdhEsA256kw',
  XC20P: 'Xc20pEcdhEsA256kw',
} as const satisfies { [enc in ContentEncryption]: string };

export interface DidcommNodePackOptions {
  /** A DID, or the DID URL of one key. */
  readonly to: string;
  readonly from?: string;
  readonly signBy?: string;
  readonly enc?: ContentEncryption;
  readonly hideSender?: boolean;
  /** Wraps the message for the mediators in the recipient's service. */
  readonly forward?: boolean;
}

export interface DidcommNodeRotation {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
}

export interface DidcommNode {
  packPlain(message: IMessage): Promise<string>;
  packSigned(message: IMessage, signBy: string): Promise<string>;
  packEncrypted(message: IMessage, options: DidcommNodePackOptions): Promise<string>;
  unpack(packed: string, options?: UnpackOptions): Promise<{ message: IMessage; metadata: UnpackMetadata }>;
  packFromPrior(claims: DidcommNodeRotation, keyId: string): Promise<string>;
  wrapForward(packed: string, to: string, routingKeys: readonly string[], enc: ContentEncryption): Promise<string>;
  /** Opens one forward: whom its content is for, and that content, packed. */
  unwrapForward(packed: string): Promise<{ next: string; packed: string }>;
}

/** didcomm-node for whoever holds `secrets`. */
export function createDidcommNode(
  primitives: Primitives,
  resolver: DidResolver,
  secrets: readonly DidSecret[],
): DidcommNode {
  const secretById = new Map(
    secrets.map(({ kid, ...jwk }) => [kid, { id: kid, type: 'JsonWebKey2020', privateKeyJwk: jwk }]),
  );
  const documents = new Map<DidDocument, ReturnType<typeof toDidcommNodeDocument>>();
  const dids = {
    async resolve(did: string) {
      const document = await resolver.resolve(did);
      if (document === undefined) return null;
      const converted = documents.get(document) ?? toDidcommNodeDocument(primitives, document);
      documents.set(document, converted);
      return converted;
    },
  };
  const keys = {
    get_secret: async (id: string) => secretById.get(id) ?? null,
    find_secrets: async (ids: string[]) => ids.filter((id) => secretById.has(id)),
  };

  const withMessage = async <T>(value: IMessage, use: (message: Message) => Promise<T>): Promise<T> => {
    const message = new Message(value);
    try {
      return await use(message);
    } finally {
      message.free();
    }
  };
  const open = async <T>(packed: string, options: UnpackOptions, read: (m: Message, meta: UnpackMetadata) => T) => {
    const [message, metadata] = await Message.unpack(packed, dids, keys, options);
    try {
      return read(message, metadata);
    } finally {
      message.free();
    }
  };

  return {
    packPlain: (value) => withMessage(value, (message) => message.pack_plaintext(dids)),
    packSigned: (value, signBy) =>
      withMessage(value, async (message) => (await message.pack_signed(signBy, dids, keys))[0]),
    packEncrypted: (value, { to, from, signBy, enc, hideSender, forward }) =>
      withMessage(value, async (message) => {
        const options = {
          forward: forward ?? false,
          protect_sender: hideSender ?? false,
          enc_alg_anon: ENC_ALG_ANON[enc ?? 'A256CBC-HS512'],
        };
        return (await message.pack_encrypted(to, from ?? null, signBy ?? null, dids, keys, options))[0];
      }),
    unpack: (packed, options = {}) =>
      open(packed, options, (message, metadata) => ({ message: message.as_value(), metadata })),
    async packFromPrior(claims, keyId) {
      const fromPrior = new FromPrior(claims);
      try {
        return (await fromPrior.pack(keyId, dids, keys))[0];
      } finally {
        fromPrior.free();
      }
    },
    wrapForward: (packed, to, routingKeys, enc) =>
      Message.wrap_in_forward(packed, {}, to, [...routingKeys], ENC_ALG_ANON[enc], dids),
    unwrapForward: (packed) =>
      open(packed, {}, (message) => {
        // Its types promise an object with `as_value`, and none for another message; it gives the value, or null.
        const forward = message.try_parse_forward() as unknown as IParsedForward | null;
        if (forward === null) throw new Error('not a forward');
        return { next: forward.next, packed: JSON.stringify(forward.forwarded_msg) };
      }),
  };
}

/** didcomm-node knows no `Multikey`, wants every list, and wants ids to be absolute. */
function toDidcommNodeDocument(primitives: Primitives, document: DidDocument) {
  return {
    id: document.id,
    keyAgreement: idsOf(document.keyAgreement),
    authentication: idsOf(document.authentication),
    verificationMethod: (document.verificationMethod ?? []).map(({ id, controller, ...method }) => ({
      id,
      type: 'JsonWebKey2020',
      controller,
      publicKeyJwk: jwkOf(primitives, method),
    })),
    service: (document.service ?? []).map(toDidcommNodeService),
  };
}

function idsOf(listed: readonly (string | VerificationMethod)[] = []): string[] {
  return listed.map((entry) => (typeof entry === 'string' ? entry : entry.id));
}

function jwkOf(primitives: Primitives, method: Omit<VerificationMethod, 'id' | 'controller'>): unknown {
  return method.publicKeyMultibase === undefined
    ? method.publicKeyJwk
    : decodeMultikey(primitives, method.publicKeyMultibase);
}

/** Its types say `routing_keys`, which it reads past, and then sends to the recipient without any mediator. */
function toDidcommNodeService({ id, type, serviceEndpoint }: DidService) {
  const endpoint = { accept: ['didcomm/v2'], routingKeys: [], ...(serviceEndpoint as { uri: string }) };
  return { id, type: String(type), serviceEndpoint: endpoint };
}
