import { quote, WaypostError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { DidDocument } from '../envelope/resolvers.js';
import { parseDid } from './did.js';
import { toDidDocument } from './document.js';
import type { FetchDocument } from './fetch-document.js';
import { type DidCopy, fetchBody, type NetworkMethod } from './network-method.js';
import { webFolder } from './web-location.js';
import {
  assertContinues,
  badLog,
  type LogFiles,
  logText,
  namesWitnesses,
  readLogFiles,
  readWebvhLog,
  readWitnessProofs,
  ttlMsOf,
  WEBVH_LIMITS,
  type WebvhEntry,
} from './webvh-log.js';

/** A log to verify. */
export interface WebvhVerification {
  readonly did: string;
  readonly scid: string;
  readonly log: readonly WebvhEntry[];
  /** `did-witness.json`; empty where there is none. */
  readonly witnessProofs: readonly JsonObject[];
  /** The time against which the versions' times are held. */
  readonly nowMs: number;
}

/** What a valid log says in its last version. */
export interface WebvhState {
  readonly deactivated: boolean;
  /** The document, not checked beyond what the log needs. Undefined when the DID is deactivated. */
  readonly document: unknown;
}

/**
 * Verifies every entry of a log, to the last: SCID, hash chain, proofs, witnesses, pre-rotation and times (did:webvh
 * 1.0, "Read (Resolve)"). Asks no network. Throws ERR_DID_DOCUMENT for a log that is not valid, ERR_DID_UNAVAILABLE
 * (retryable) when it cannot be verified now.
 */
export type WebvhVerifier = (verification: WebvhVerification) => Promise<WebvhState>;

export interface WebvhMethodOptions {
  readonly fetchDocument: FetchDocument;
  readonly verify: WebvhVerifier;
}

const SCID = /^[1-9A-HJ-NP-Za-km-z]{46}$/;

/**
 * did:webvh 1.0: a log on the host that the DID names, in which every version is signed and chained to the first, and
 * the first to the DID. So a copy proves itself wherever it was kept, and once a version was seen, a log without it
 * (a rollback or a fork) is refused. A DID that has moved to another host is refused under its old name.
 */
export function createWebvhMethod({ fetchDocument, verify }: WebvhMethodOptions): NetworkMethod {
  const limits = { accept: 'text/jsonl, application/json', maxBytes: WEBVH_LIMITS.maxBytes };

  async function toCopy(webvh: Webvh, files: LogFiles, log: readonly WebvhEntry[], nowMs: number): Promise<DidCopy> {
    const { did, scid } = webvh;
    const witnessProofs = files.witness === undefined ? [] : readWitnessProofs(did, files.witness);
    const state = await verify({ did, scid, log, witnessProofs, nowMs });
    const document = state.deactivated ? undefined : readDocument(did, state.document);
    return { document, source: JSON.stringify(files), ttlMs: ttlMsOf(log) };
  }

  return {
    method: 'webvh',

    async fetch(did, kept, nowMs) {
      const webvh = parseWebvh(did);
      const body = await fetchBody(fetchDocument, `${webvh.folder}did.jsonl`, limits);
      if (body === undefined) return undefined;
      const text = logText(did, body);
      const log = readWebvhLog(did, webvh.scid, text);
      if (kept !== undefined) {
        assertContinues(did, log, readWebvhLog(did, webvh.scid, readLogFiles(did, kept.source).log));
      }
      if (!namesWitnesses(log)) return toCopy(webvh, { log: text }, log, nowMs);
      // Without this file there are no proofs, and the verification says which version lacks them.
      const witness = await fetchBody(fetchDocument, `${webvh.folder}did-witness.json`, limits);
      return toCopy(webvh, { log: text, ...(witness && { witness: logText(did, witness) }) }, log, nowMs);
    },

    async open(did, source, nowMs) {
      const webvh = parseWebvh(did);
      const files = readLogFiles(did, source);
      return toCopy(webvh, files, readWebvhLog(did, webvh.scid, files.log), nowMs);
    },
  };
}

function readDocument(did: string, document: unknown): DidDocument {
  if (isJsonObject(document) && document.id !== did) throw badLog(did, `it has moved to ${quote(document.id, 200)}`);
  return toDidDocument(document, did);
}

interface Webvh {
  readonly did: string;
  readonly scid: string;
  /** Where its files are. */
  readonly folder: string;
}

function parseWebvh(did: string): Webvh {
  const { id } = parseDid(did);
  const end = id.indexOf(':');
  const scid = id.slice(0, Math.max(end, 0));
  if (!SCID.test(scid)) {
    throw new WaypostError('ERR_DID_MALFORMED', `${quote(did)} does not begin with an SCID of 46 base58 characters`);
  }
  return { did, scid, folder: webFolder(id.slice(end + 1), did) };
}
