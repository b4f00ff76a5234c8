/**
 * Every error that waypost throws on purpose, in one table: code -> what it means.
 *
 * A caller decides by `code`, never by the text of the message. `retryable` says whether the same call may
 * succeed later without anybody changing anything (a network that is away, a store that is full).
 */
export const ERROR_CODES = {
  // calls
  ERR_USAGE: 'a command was called with options that do not go together',
  ERR_CONFIG: 'a file that a command was pointed at cannot be read or used',
  ERR_PACKAGE_MISSING: 'an optional package that this needs is not installed, or not for this machine',
  ERR_SERVICE:
    'the system service cannot be installed, removed or started: no systemd, no right to, or systemd refused',
  ERR_INTERNAL: 'a defect in waypost itself',

  // input
  ERR_INVALID_ARGUMENT: 'a caller passed a value that this function cannot take',
  ERR_TOO_LARGE: 'an input exceeds a limit on bytes, depth or count',
  ERR_NOT_UTF8: 'bytes that must be UTF-8 text are not',
  ERR_PICTURE: 'bytes that must be a PNG or JPEG are not, or are damaged',
  ERR_JSON_MALFORMED: 'text that must be JSON is not, or its top level has the wrong shape',
  ERR_CBOR_MALFORMED: 'bytes that must be one CBOR data item are not, or use more of CBOR than is allowed',
  ERR_BASE64URL: 'text is not unpadded base64url in its one canonical spelling',
  ERR_MULTIBASE: 'text is not a multibase or multicodec value that this version knows',

  // keys and primitives
  ERR_KEY_INVALID: 'a key is malformed, not on its curve, or of a kind that does not fit the operation',
  ERR_KEY_UNSUPPORTED: 'a key type or curve is not supported',
  ERR_SECRET_NOT_FOUND: 'no private key is held for the key id that is needed',
  ERR_CRYPTO_FAILED: 'a primitive refused its input: an authentication tag, a wrapped key or an agreement is bad',

  // plaintext
  ERR_MESSAGE_MALFORMED: 'a plaintext message breaks the structure that DIDComm demands',
  ERR_MEDIA_TYPE: 'a `typ` names another kind of envelope than the one it stands in',
  ERR_ENVELOPE_UNKNOWN: 'bytes are neither a plaintext, a signed nor an encrypted DIDComm message',
  ERR_ENVELOPE_NESTING: 'envelopes are combined in a way that DIDComm does not allow',

  // JWE
  ERR_JWE_MALFORMED: 'an encrypted message breaks the structure of a general JSON JWE',
  ERR_JWE_ALG: 'the `alg` of an encrypted message is not ECDH-1PU+A256KW or ECDH-ES+A256KW',
  ERR_JWE_ENC: 'the `enc` of an encrypted message is unknown or not allowed with its `alg`',
  ERR_JWE_EPK: 'the ephemeral key of an encrypted message is malformed, of another curve or off its curve',
  ERR_JWE_APV: 'the `apv` of an encrypted message does not match its recipients',
  ERR_JWE_APU: 'the `apu` of an authcrypted message is missing or does not match its `skid`',
  ERR_JWE_SKID: 'the sender key id of an authcrypted message is missing or not an absolute DID URL',
  ERR_JOSE_CRIT: 'an envelope demands an extension (`crit`, `zip`) that is not supported',
  ERR_JWE_NO_RECIPIENT: 'none of the recipients of an encrypted message is ours',
  ERR_DECRYPT_FAILED: 'an encrypted message was damaged, forged, or made for another key',

  // JWS
  ERR_JWS_MALFORMED: 'a signed message breaks the structure of a general or flattened JSON JWS',
  ERR_JWS_ALG: 'the `alg` of a signature is not EdDSA, ES256 or ES256K, or does not fit the key',
  ERR_JWS_KID: 'a signature names no key, two different keys, or no absolute DID URL',
  ERR_SIGNATURE_INVALID: 'a signature does not verify',

  // consistency between the layers
  ERR_FROM_MISSING: 'an authenticated message carries no `from`',
  ERR_FROM_MISMATCH: '`from` is not the DID that is proven to have sent the message',
  ERR_SIGNER_MISMATCH: '`from` is not the DID that signed the message',
  ERR_TO_MISSING: 'a message that is signed inside encryption carries no `to`',
  ERR_TO_MISMATCH: '`to` does not list the DID that the message is encrypted to',
  ERR_KEY_NOT_AUTHORIZED: 'a key is not listed in its DID document for the purpose it was used for',
  ERR_FROM_PRIOR: 'the proof of a DID rotation (`from_prior`) is malformed, forged or about another DID',

  // packing and routing
  ERR_NO_COMMON_CURVE: 'sender and recipient have no key agreement curve in common',
  ERR_NO_SERVICE: 'a DID names no DIDComm service endpoint',
  ERR_ROUTE_LOOP: 'the endpoints of a DID lead back to a DID already on the route',
  ERR_ROUTE_TOO_DEEP: 'the endpoints of a DID lead through more DIDs than allowed',

  // DIDs
  ERR_DID_MALFORMED: 'text is not a DID, or its method-specific part is broken',
  ERR_DID_METHOD: 'the method of a DID is not supported',
  ERR_DID_NOT_FOUND: 'a DID does not exist or was deactivated',
  ERR_DID_UNAVAILABLE: 'whether a DID exists cannot be said now: the network, its host or the long form is away',
  ERR_DID_DOCUMENT: 'a DID document is malformed or belongs to another DID',

  // network
  ERR_ADDRESS_REFUSED: 'an address leads to a loopback, link-local, private or otherwise special network',
  ERR_NETWORK: 'a request did not get an answer in time',

  // transports
  ERR_LISTEN: 'an address to listen on cannot be had',
  ERR_SERIAL_PORT: 'a serial port is there and cannot be used: no permission, another program has it, or it is none',
  ERR_CAMERA: 'a camera is missing, in use, or may not be used',
  ERR_BLUETOOTH: 'a Bluetooth adapter is missing, off, or may not be used',
  ERR_CHANNEL_CLOSED: 'the channel to a peer is closed',
  ERR_REFUSED: 'the peer refused a message; the error says with what answer',
  ERR_RATE_LIMIT: 'a peer sends more, or opens more connections, than it may',
  ERR_DRAINING: 'this station is shutting down and takes nothing new',

  // links
  ERR_COMPACT_MALFORMED: 'bytes that must be a compact envelope are not',

  // store
  ERR_STORE_FULL: 'the store, its disk or one of its spaces has no room; nothing that it holds is given up for it',
  ERR_QUOTA_RECIPIENT: 'the queue of a recipient has no room',
  ERR_QUOTA_DEPOSITOR: 'a depositor has as much in the store as it may',
  ERR_STORE_BUSY: 'more is waiting to be written than the store keeps waiting',
  ERR_STORE_CONFLICT: 'an entry does not have the value that a transaction requires',
  ERR_STORE_CLOSED: 'the store was closed',
  ERR_STORE_LOCKED: 'another process has the store open',
  ERR_STORE_DAMAGED: 'the database file is damaged; it was not changed, or set aside as the message says',
  ERR_STORE_VERSION: 'the database was written by a newer version of this program',
  ERR_STORE_FAILED: 'the database refused an operation for a reason of its own',

  // gateway
  ERR_NEXT_UNKNOWN: 'a forward is for a DID that is not registered here',
  ERR_NOT_ALLOWED: 'a sender may not do what it asks for',
  ERR_ACCOUNT_IN_USE: 'messages still wait for an account that is to be deleted',
  ERR_EXPIRED: 'a message came after the time that its own `expires_time` names',
  ERR_PROTOCOL_UNKNOWN: 'a message is of a protocol that is not spoken here',

  // sensors
  ERR_DEVICE_UNKNOWN: 'a sensor frame or a command is for a device that is not registered here',
  ERR_DEVICE_EXISTS: 'a device is to be registered under an id that is taken',
  ERR_FRAME_MALFORMED: 'a sensor frame is not the COSE message or the SenML pack that it must be',
  ERR_FRAME_FORGED: 'the MAC or signature of a sensor frame does not verify, or is of another kind than registered',
  ERR_FRAME_REPLAYED: 'a sensor frame has the number of another frame that was taken before',
  ERR_FRAME_TOO_OLD: 'the number of a sensor frame is below the window of those that are remembered',
  ERR_FRAME_EPOCH: 'a sensor frame is of a boot epoch that a later one has closed',

  // files
  ERR_FILE: 'a file or folder of the gateway could not be read or written',
  ERR_FILE_REFUSED:
    'a file that somebody brought is no plain file, changed while it was read, or has a name that cannot be taken',
  ERR_MEDIUM: 'a stick or another folder that messages travel in is gone, full, read-only or failing',
  ERR_DATA_FOLDER: 'a data folder is missing, not initialised, not empty where it must be, or open to other users',
  ERR_DATA_FOLDER_BUSY: 'another process is using a data folder',
  ERR_PASSPHRASE: 'a passphrase is needed, wrong, or cannot be read',
  ERR_BACKUP: 'a backup is damaged, incomplete, or of a version that is not known',
} as const;

/** One of the literal codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

interface ErrorOptions {
  cause?: unknown;
  retryable?: boolean;
  /** How long to wait before the next try, where the other side (or a rate limit) says so. */
  retryAfterMs?: number | undefined;
}

/** The one error class of waypost: a literal `code`, a message that says what, which value and which limit. */
export class WaypostError extends Error {
  override readonly name = 'WaypostError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True when `error` is a {@link WaypostError}, with the given code where one is given. */
export function isWaypostError(error: unknown, code?: ErrorCode): error is WaypostError {
  return error instanceof WaypostError && (code === undefined || error.code === code);
}

/** Shortens text from outside so that an error message stays one readable line, without control characters. */
export function quote(text: unknown, limit = 80): string {
  const whole = typeof text === 'string' ? text : (JSON.stringify(text) ?? String(text));
  const cut = whole.length > limit ? `${whole.slice(0, limit)}...` : whole;
  return JSON.stringify(cut);
}
