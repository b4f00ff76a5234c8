import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/core/bytes.js';
import type { ErrorCode } from '../../../src/core/errors.js';
import type { FetchDocument } from '../../../src/did/fetch-document.js';
import { createWebvhMethod } from '../../../src/did/webvh.js';
import { createWebvhVerifier } from '../../../src/net/webvh-verifier.js';
import { createFakeHosts } from './web-hosts.js';
import {
  createController,
  createLog,
  deactivateLog,
  type Entry,
  HOST,
  type MadeLog,
  NOW_MS,
  toJsonLines,
  updateLog,
  witnessFile,
} from './webvh-logs.js';

const programUrl = new URL('../../../src/net/webvh-process.ts', import.meta.url);
const verify = createWebvhVerifier({ programUrl });
const LOG_URL = `https://${HOST}/.well-known/did.jsonl`;
const WITNESS_URL = `https://${HOST}/.well-known/did-witness.json`;

const controller = createController();
const stranger = createController();
const first = await createLog(controller);
const second = await updateLog(first, controller);

function hostOf(log: readonly Entry[], witness?: string) {
  const hosts = createFakeHosts({ [LOG_URL]: toJsonLines(log) });
  if (witness !== undefined) hosts.files.set(WITNESS_URL, witness);
  return { ...hosts, webvh: createWebvhMethod({ fetchDocument: hosts.fetchDocument, verify }) };
}

const fetchLog = (made: MadeLog, witness?: string, nowMs = NOW_MS) =>
  hostOf(made.log, witness).webvh.fetch(made.did, undefined, nowMs);

const code = (expected: ErrorCode, message = '') =>
  expect.objectContaining({ code: expected, message: expect.stringContaining(message) });

/** A copy of the log in which one member of its last entry, found by a path, has another value. */
function tampered(made: MadeLog, path: readonly (string | number)[], value: unknown): MadeLog {
  const log = structuredClone(made.log);
  let at: unknown = log.at(-1);
  for (const step of path.slice(0, -1)) at = (at as { [step: string]: unknown })[step];
  (at as { [step: string]: unknown })[String(path.at(-1))] = value;
  return { did: made.did, log };
}

describe('a valid log', () => {
  test('gives the document of its last version, from the one file', async () => {
    const { webvh, asked } = hostOf(second.log);
    const copy = await webvh.fetch(second.did, undefined, NOW_MS);
    expect(asked).toEqual([LOG_URL]);
    expect(copy).toMatchObject({ document: { id: second.did }, ttlMs: 3_600_000 });
    expect(copy?.document?.service).toContainEqual(expect.objectContaining({ id: '#dm', type: 'DIDCommMessaging' }));
    expect(Object.isFrozen(copy?.document)).toBe(true);
  });

  test('is found where the DID says', async () => {
    const made = await createLog(controller, { domain: `${HOST}:8443`, paths: ['a', 'b'] });
    expect(made.did).toContain(`:${HOST}%3A8443:a:b`);
    const hosts = createFakeHosts({ [`https://${HOST}:8443/a/b/did.jsonl`]: toJsonLines(made.log) });
    const webvh = createWebvhMethod({ fetchDocument: hosts.fetchDocument, verify });
    expect((await webvh.fetch(made.did, undefined, NOW_MS))?.document?.id).toBe(made.did);
  });

  test('proves itself again from the copy that was kept, without any host', async () => {
    const copy = await fetchLog(second);
    const { webvh, asked } = hostOf([]);
    expect(await webvh.open(second.did, copy?.source ?? '', NOW_MS)).toEqual(copy);
    expect(asked).toEqual([]);
  });

  test('may go on after the copy that was kept', async () => {
    const kept = await fetchLog(first);
    const copy = await hostOf(second.log).webvh.fetch(second.did, kept, NOW_MS);
    expect(copy?.document?.service).toHaveLength(3);
  });

  test('that says the DID is deactivated is a copy without a document', async () => {
    const made = await deactivateLog(second, controller);
    expect(await fetchLog(made)).toMatchObject({ document: undefined });
  });

  test('is not there: the DID does not exist', async () => {
    const { webvh, files } = hostOf([]);
    for (const status of [404, 410]) {
      files.set(LOG_URL, status);
      expect(await webvh.fetch(first.did, undefined, NOW_MS)).toBeUndefined();
    }
    files.set(LOG_URL, 503);
    await expect(webvh.fetch(first.did, undefined, NOW_MS)).rejects.toEqual(code('ERR_DID_UNAVAILABLE', '503'));
  });
});

describe('a log is refused', () => {
  test.each<[string, () => MadeLog | Promise<MadeLog>]>([
    ['when its document was changed', () => tampered(second, ['state', 'service', 0, 'serviceEndpoint'], 'https://x')],
    ['when its first document was changed', () => tampered(first, ['state', 'alsoKnownAs'], ['did:web:x'])],
    ['when its time was changed', () => tampered(second, ['versionTime'], '2026-02-02T00:00:00Z')],
    ['when its keys were changed', () => tampered(second, ['parameters', 'updateKeys'], [stranger.multikey])],
    ['when a version lost its proof', () => tampered(second, ['proof'], undefined)],
    ['when a version has an empty list of proofs', () => tampered(second, ['proof'], [])],
    ['when the first version has an empty list of proofs', () => tampered(first, ['proof'], [])],
    ['when a proof is not an object', () => tampered(second, ['proof', 0], null)],
    ['when a proof has another purpose', () => tampered(second, ['proof', 0, 'proofPurpose'], 'authentication')],
    [
      'when a proof value was changed',
      () => tampered(second, ['proof', 0, 'proofValue'], first.log[0]?.proof[0]?.proofValue),
    ],
    ['when a version is missing', () => ({ did: second.did, log: second.log.slice(1) })],
    ['when a version is there twice', () => ({ did: second.did, log: [...second.log, ...second.log.slice(1)] })],
    ['when it is of an older method', () => tampered(first, ['parameters', 'method'], 'did:webvh:0.5')],
    ['when it goes over to another method', () => tampered(second, ['parameters', 'method'], 'did:webvh:0.5')],
    ['when it is of another DID', async () => ({ did: second.did, log: (await createLog(stranger)).log })],
    ['when its host is another', async () => ({ did: `${first.did}:path`, log: first.log })],
    ['when it is empty', () => ({ did: first.did, log: [] })],
  ])('%s', async (_name, make) => {
    const made = await make();
    const fetchDocument: FetchDocument = async () => ({ status: 200, body: utf8(toJsonLines(made.log)) });
    const webvh = createWebvhMethod({ fetchDocument, verify });
    await expect(webvh.fetch(made.did, undefined, NOW_MS)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
  });

  test('when a stranger signed the last version', async () => {
    await expect(fetchLog(await forgedUpdate())).rejects.toEqual(code('ERR_DID_DOCUMENT', 'not authorized to update'));
  });

  test('when it is a valid log of an older version of the method', async () => {
    const older = await createLog(controller, { method: 'did:webvh:0.5' });
    expect(older.log[0]?.parameters.method).toBe('did:webvh:0.5');
    await expect(fetchLog(older)).rejects.toEqual(code('ERR_DID_DOCUMENT', 'supported is did:webvh:1.0'));
  });

  test('when it is not JSON lines', async () => {
    const { webvh, files } = hostOf([]);
    for (const body of ['<html>', '[]', 'null', `${toJsonLines(first.log)}{`, `${'['.repeat(100)}`]) {
      files.set(LOG_URL, body);
      await expect(webvh.fetch(first.did, undefined, NOW_MS)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
    }
    files.set(LOG_URL, `${JSON.stringify(first.log[0])}\n`.repeat(1001));
    await expect(webvh.fetch(first.did, undefined, NOW_MS)).rejects.toEqual(code('ERR_DID_DOCUMENT', '1000 entries'));
  });

  test('when a version is of the future, by the time given', async () => {
    await expect(fetchLog(second, undefined, Date.parse('2026-01-15T00:00:00Z'))).rejects.toEqual(
      code('ERR_DID_DOCUMENT', 'future'),
    );
    await expect(fetchLog(first, undefined, Date.parse('2026-01-15T00:00:00Z'))).resolves.toBeDefined();
  });

  test('when it is older than the copy that was kept', async () => {
    const kept = await fetchLog(second);
    await expect(hostOf(first.log).webvh.fetch(first.did, kept, NOW_MS)).rejects.toEqual(
      code('ERR_DID_DOCUMENT', '2 were seen before'),
    );
  });

  test('when it tells another story than the copy that was kept', async () => {
    const kept = await fetchLog(second);
    const fork = await updateLog(first, controller, { services: [] });
    await expect(hostOf(fork.log).webvh.fetch(first.did, kept, NOW_MS)).rejects.toEqual(
      code('ERR_DID_DOCUMENT', 'another one than was seen before'),
    );
  });

  test('but not because a host once spoilt the id of the first version, which only the SCID proves', async () => {
    const kept = await fetchLog(tampered(first, ['versionId'], '1-QmSpoilt'));
    expect((await hostOf(second.log).webvh.fetch(first.did, kept, NOW_MS))?.document?.id).toBe(first.did);
  });

  test('when the DID has moved to another host', async () => {
    const portable = await createLog(controller, { portable: true });
    const moved = await updateLog(portable, controller, { domain: 'new.example' });
    await expect(fetchLog({ did: portable.did, log: moved.log })).rejects.toEqual(
      code('ERR_DID_DOCUMENT', 'new.example'),
    );
  });

  test('when the kept copy was changed', async () => {
    const copy = await fetchLog(first);
    const { webvh } = hostOf([]);
    for (const source of ['', '{}', (copy?.source ?? '').replace('authentication', 'authenticatiom')]) {
      await expect(webvh.open(first.did, source, NOW_MS)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
    }
  });
});

describe('witnesses', async () => {
  const witness = createController();
  const witnessed = await createLog(controller, {
    witness: { threshold: 1, witnesses: [{ id: `did:key:${witness.multikey}` }] },
  });
  const versionId = witnessed.log[0]?.versionId;

  test('must have approved the version', async () => {
    expect((await fetchLog(witnessed, await witnessFile(versionId, witness)))?.document?.id).toBe(witnessed.did);
  });

  test('are asked for again when the copy is opened', async () => {
    const { webvh } = hostOf([]);
    const copy = await fetchLog(witnessed, await witnessFile(versionId, witness));
    expect((await webvh.open(witnessed.did, copy?.source ?? '', NOW_MS)).document?.id).toBe(witnessed.did);
    const { log } = JSON.parse(copy?.source ?? '');
    await expect(webvh.open(witnessed.did, JSON.stringify({ log }), NOW_MS)).rejects.toEqual(code('ERR_DID_DOCUMENT'));
  });

  test.each<[string, () => Promise<string | undefined>]>([
    ['said nothing', async () => undefined],
    ['approved another version', () => witnessFile('1-QmOther', witness)],
    ['are others', () => witnessFile(versionId, stranger)],
    [
      'have a proof that was changed',
      async () => (await witnessFile(versionId, witness)).replace(/"proofValue":"z./, '"proofValue":"zz'),
    ],
    ['have no list', async () => '{}'],
    ['have something else in the list', async () => '[{"versionId":"1-x"}]'],
    ['have no JSON', async () => '<html>'],
  ])('make the log invalid when they %s', async (_name, file) => {
    await expect(fetchLog(witnessed, await file())).rejects.toEqual(code('ERR_DID_DOCUMENT'));
  });
});

test.each([
  'did:webvh:',
  'did:webvh:x:host.example',
  `did:webvh:${'Q'.repeat(46)}`,
  `did:webvh:${'Q'.repeat(46)}:127.0.0.1`,
  `did:webvh:${'0'.repeat(46)}:host.example`,
])('%s is malformed and asks nobody', async (did) => {
  const { webvh, asked } = hostOf([]);
  await expect(webvh.fetch(did, undefined, NOW_MS)).rejects.toEqual(code('ERR_DID_MALFORMED'));
  expect(asked).toEqual([]);
});

/** A version that names itself well and is chained well, but is signed by a key that is not the controller's. */
async function forgedUpdate(): Promise<MadeLog> {
  const made = await updateLog(first, controller);
  const entry = structuredClone(made.log[1]);
  if (entry === undefined) throw new Error('no second version');
  const { proof, ...document } = entry;
  const template = { ...proof[0], verificationMethod: stranger.getVerificationMethodId() };
  const { proofValue: _old, ...unsigned } = template as { proofValue?: unknown };
  const { proofValue } = await stranger.sign({ document, proof: unsigned });
  return { did: made.did, log: [...first.log, { ...entry, proof: [{ ...template, proofValue }] }] };
}
