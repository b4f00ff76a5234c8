/** What an envelope from outside may cost before it is refused with ERR_TOO_LARGE. */
export interface EnvelopeLimits {
  /** Bytes of the packed message, and of each layer inside it. */
  readonly maxBytes: number;
  /** Nested arrays and objects in any JSON. */
  readonly maxDepth: number;
  /** `recipients` of one JWE: all the keys of one DID and curve. */
  readonly maxRecipients: number;
  /** DIDs in the `to` header of a plaintext message. */
  readonly maxTo: number;
  /** `signatures` of one JWS. Each costs a verification. */
  readonly maxSignatures: number;
}

/** 8 MiB, and the rest in proportion. */
export const DEFAULT_ENVELOPE_LIMITS: EnvelopeLimits = {
  maxBytes: 8 * 1024 * 1024,
  maxDepth: 100,
  maxRecipients: 100,
  maxTo: 1000,
  maxSignatures: 8,
};
