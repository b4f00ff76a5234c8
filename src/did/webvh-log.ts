import { fromUtf8 } from '../core/bytes.js';
import { isWaypostError, quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject, parseJson, parseJsonObject } from '../core/json.js';

/** What is kept of a DID: both files, as published. */
export interface LogFiles {
  /** `did.jsonl` */
  readonly log: string;
  /** `did-witness.json`, where the log names witnesses. */
  readonly witness?: string;
}

/** One version of a DID, in the members that everybody needs (did:webvh 1.0, "The DID Log File"). */
export type WebvhEntry = JsonObject & {
  readonly versionId: string;
  readonly parameters: JsonObject;
  /** At least one. */
  readonly proof: readonly JsonObject[];
};

export const WEBVH_LIMITS = { maxBytes: 1024 * 1024, maxDepth: 32, maxEntries: 1000 } as const;

/** Both files in one JSON object, where escapes can make them twice as long. */
const FILES_LIMITS = { maxBytes: 4 * WEBVH_LIMITS.maxBytes, maxDepth: 1 };

/** What a resolver assumes, in seconds, where the log does not say (did:webvh 1.0, `ttl`). */
const DEFAULT_TTL_S = 3600;
const MAX_TTL_S = 2 ** 31;

const METHOD = 'did:webvh:1.0';

/**
 * Reads `did.jsonl` and checks what must hold before any proof is looked at: every entry is signed at all, the log is
 * of the one version of the method that is supported, throughout, and it is about `scid`. Verifies nothing yet.
 * Throws ERR_DID_DOCUMENT.
 */
export function readWebvhLog(did: string, scid: string, text: string): readonly WebvhEntry[] {
  const lines = text.trimEnd().split('\n', WEBVH_LIMITS.maxEntries + 1);
  if (lines.length > WEBVH_LIMITS.maxEntries) {
    throw badLog(did, `it has more than ${WEBVH_LIMITS.maxEntries} entries`);
  }
  const entries = lines.map((line, index) => readEntry(did, line, `entry ${index + 1}`));
  entries.forEach(({ parameters }, index) => {
    const isFirst = index === 0;
    const { method } = parameters;
    if (method !== METHOD && (isFirst || method !== undefined)) {
      throw badLog(did, `entry ${index + 1} is of method ${quote(method)}, supported is ${METHOD}`);
    }
    if (isFirst && parameters.scid !== scid) throw badLog(did, `it is about the SCID ${quote(parameters.scid)}`);
  });
  return entries;
}

/** Reads `did-witness.json`: proofs by the version they are about. Throws ERR_DID_DOCUMENT. */
export function readWitnessProofs(did: string, text: string): readonly JsonObject[] {
  const proofs = asLogError(did, () => parseJson(text, WEBVH_LIMITS, 'did-witness.json'));
  if (!Array.isArray(proofs) || !proofs.every(isProofOfVersion)) {
    throw badLog(did, 'did-witness.json is not a list of proofs by version');
  }
  return proofs;
}

/** True when some entry names witnesses, so that `did-witness.json` must be fetched with the log. */
export function namesWitnesses(log: readonly WebvhEntry[]): boolean {
  return log.some(({ parameters: { witness } }) => isJsonObject(witness) && isFilledList(witness.witnesses));
}

/** How long the last word of the log lets a copy pass for the current one. 0: not at all. */
export function ttlMsOf(log: readonly WebvhEntry[]): number {
  const ttl = log.findLast(({ parameters }) => parameters.ttl !== undefined)?.parameters.ttl;
  const isValid = typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 && ttl <= MAX_TTL_S;
  return (isValid ? ttl : DEFAULT_TTL_S) * 1000;
}

/**
 * Throws ERR_DID_DOCUMENT unless `log` begins with all of `kept`. The hash in each version id covers all the versions
 * before it, so it is enough to compare the last one; the first version is bound by the SCID already.
 */
export function assertContinues(did: string, log: readonly WebvhEntry[], kept: readonly WebvhEntry[]): void {
  const { length } = kept;
  if (log.length < length) throw badLog(did, `it has ${log.length} versions, and ${length} were seen before`);
  if (length > 1 && log[length - 1]?.versionId !== kept[length - 1]?.versionId) {
    throw badLog(did, `its version ${length} is another one than was seen before`);
  }
}

export function badLog(did: string, why: string, cause?: unknown): WaypostError {
  return new WaypostError('ERR_DID_DOCUMENT', `the log of ${quote(did)} is not valid: ${why}`, { cause });
}

/** Bytes of a file of the log as text. Throws ERR_DID_DOCUMENT. */
export function logText(did: string, bytes: Uint8Array): string {
  return asLogError(did, () => fromUtf8(bytes));
}

/** Reads {@link LogFiles} that were kept as JSON. Throws ERR_DID_DOCUMENT. */
export function readLogFiles(did: string, source: string): LogFiles {
  const { log, witness } = asLogError(did, () => parseJsonObject(source, FILES_LIMITS, 'the copy that was kept'));
  if (typeof log !== 'string') throw badLog(did, 'the copy that was kept has no log');
  return typeof witness === 'string' ? { log, witness } : { log };
}

function readEntry(did: string, line: string, what: string): WebvhEntry {
  const entry = asLogError(did, () => parseJsonObject(line, WEBVH_LIMITS, what));
  const { versionId, parameters } = entry;
  if (typeof versionId !== 'string') throw badLog(did, `${what} has no version id`);
  if (!isJsonObject(parameters)) throw badLog(did, `${what} has no parameters`);
  const proof = Array.isArray(entry.proof) ? entry.proof : [entry.proof];
  // An empty list has no invalid proof in it, which is not the same as being signed.
  if (proof.length === 0 || !proof.every(isJsonObject)) throw badLog(did, `${what} has no proof`);
  return { ...entry, versionId, parameters, proof };
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isProofOfVersion(value: unknown): boolean {
  return isJsonObject(value) && Array.isArray(value.proof) && value.proof.every(isJsonObject);
}

function asLogError<T>(did: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw isWaypostError(cause) ? badLog(did, cause.message, cause) : cause;
  }
}
