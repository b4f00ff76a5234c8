import { utf8 } from '../../core/bytes.js';
import { isWaypostError, WaypostError } from '../../core/errors.js';
import { isJsonObject, type JsonObject, parseJsonObject } from '../../core/json.js';
import { toPrivateJwk } from '../../crypto/jwk.js';
import type { DidSecret } from '../../did/create.js';
import { isDid, isKeyId } from '../../envelope/did-url.js';
import { writeFileAtomic } from '../data-folder/atomic-file.js';
import type { DataFolder } from '../data-folder/layout.js';
import { assertPrivate } from '../data-folder/permissions.js';
import { readSmallFile } from '../data-folder/small-file.js';
import type { FromPrior, Identity, OwnDid } from './identity.js';
import { seal, unseal } from './sealed.js';

/*
 * identity.json: `{format, version, content}`, or with a passphrase `{format, version, sealed}`, where the sealed bytes
 * are the content as JSON.
 */
const FORMAT = 'waypost-identity';
const VERSION = 1;
const LIMITS = { maxBytes: 4 * 2 ** 20, maxDepth: 8 };

/**
 * Reads the identity of a data folder. Throws ERR_DATA_FOLDER when there is none, when it is damaged, of a newer
 * version or open to other users; ERR_PASSPHRASE; ERR_FILE.
 */
export async function readIdentity(folder: DataFolder, passphrase: string | undefined): Promise<Identity> {
  const identity = await findIdentity(folder, passphrase);
  if (identity !== undefined) return identity;
  throw new WaypostError(
    'ERR_DATA_FOLDER',
    `${folder.path} is no data folder yet; to make it one: waypost init --data`,
  );
}

/** The same; undefined when there is none. */
export async function findIdentity(folder: DataFolder, passphrase: string | undefined): Promise<Identity | undefined> {
  const file = folder.identity;
  const text = await readSmallFile(file, LIMITS.maxBytes);
  if (text === undefined) return undefined;
  await assertPrivate(folder.path);
  await assertPrivate(file);
  const outer = parsed(file, text);
  if (outer.format !== FORMAT) throw damaged(file);
  if (outer.version !== VERSION) {
    throw new WaypostError('ERR_DATA_FOLDER', `${file} was written by a newer version of waypost`);
  }
  if (outer.sealed === undefined) return toIdentity(outer.content, file);
  if (passphrase === undefined) {
    throw new WaypostError('ERR_PASSPHRASE', `${file} is encrypted: give its passphrase with --passphrase-file FILE`);
  }
  return toIdentity(parsed(file, await unseal(outer.sealed, passphrase, file)), file);
}

/** Replaces the file, encrypted where there is a passphrase. Throws ERR_FILE. */
export async function writeIdentity(
  folder: DataFolder,
  identity: Identity,
  passphrase: string | undefined,
): Promise<void> {
  const outer = { format: FORMAT, version: VERSION };
  const whole =
    passphrase === undefined
      ? { ...outer, content: identity }
      : { ...outer, sealed: await seal(utf8(JSON.stringify(identity)), passphrase) };
  await writeFileAtomic(folder.identity, `${JSON.stringify(whole)}\n`);
}

function toIdentity(value: unknown, file: string): Identity {
  if (!isJsonObject(value) || typeof value.invitationId !== 'string') throw damaged(file);
  return {
    current: toOwnDid(value.current, file),
    former: list(value.former, file).map((own) => toOwnDid(own, file)),
    invitationId: value.invitationId,
  };
}

function toOwnDid(value: unknown, file: string): OwnDid {
  if (!isJsonObject(value) || !isDid(value.did)) throw damaged(file);
  return {
    did: value.did,
    publicUrls: list(value.publicUrls, file).map((url) => {
      if (typeof url !== 'string') throw damaged(file);
      return url;
    }),
    secrets: list(value.secrets, file).map((secret) => toSecret(secret, file)),
    fromPrior: list(value.fromPrior, file).map((proof) => toFromPrior(proof, file)),
  };
}

function toSecret(value: unknown, file: string): DidSecret {
  const kid = isJsonObject(value) ? value.kid : undefined;
  if (!isKeyId(kid)) throw damaged(file);
  try {
    return { ...toPrivateJwk(value), kid };
  } catch (error) {
    throw isWaypostError(error) ? damaged(file) : error;
  }
}

function toFromPrior(value: unknown, file: string): FromPrior {
  if (!isJsonObject(value) || !isDid(value.did) || typeof value.jwt !== 'string') throw damaged(file);
  return { did: value.did, jwt: value.jwt };
}

function list(value: unknown, file: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw damaged(file);
}

function parsed(file: string, text: Uint8Array): JsonObject {
  try {
    return parseJsonObject(text, LIMITS, file);
  } catch (error) {
    throw isWaypostError(error) ? damaged(file) : error;
  }
}

function damaged(file: string): WaypostError {
  return new WaypostError('ERR_DATA_FOLDER', `${file} is damaged: restore the folder from a backup`);
}
