import { chmod, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createNodePrimitives } from '../../../../src/crypto/node.js';
import { loadConfig } from '../../../../src/daemon/config/load.js';
import { dataFolder } from '../../../../src/daemon/data-folder/layout.js';
import { allSecrets, createIdentity, type Identity, rotateIdentity } from '../../../../src/daemon/identity/identity.js';
import { findIdentity, readIdentity, writeIdentity } from '../../../../src/daemon/identity/identity-file.js';
import { invitationUrl, inviterOf, webPeerUrl } from '../../../../src/daemon/identity/invitation.js';
import { checkPublicUrls } from '../../../../src/daemon/identity/public-urls.js';
import { parsePublicUrl } from '../../../../src/daemon/public-url.js';
import { createMemoryMap } from '../../../../src/did/persistent-map.js';
import { createDidResolver } from '../../../../src/did/resolver.js';
import { createEnvelopes } from '../../../../src/envelope/envelopes.js';
import { createLocalSecrets } from '../../../../src/envelope/local-secrets.js';
import { parseInvitation } from '../../../../src/protocols/out-of-band.js';
import { temporaryFolder } from '../support.js';

const primitives = createNodePrimitives();
const URL_A = 'http://gateway.local:8080';
const URL_B = 'https://gw.example.org/didcomm';

function resolver() {
  return createDidResolver({ primitives, longForms: createMemoryMap(10) });
}

describe('createIdentity', () => {
  it('is a did:peer:2 with an X25519 and an Ed25519 key and two services for each URL', async () => {
    const { current } = createIdentity(primitives, [URL_A, URL_B, 'wss://push.example.org']);
    expect(current.did).toMatch(/^did:peer:2\.Ez6LS\w+\.Vz6Mk\w+\.S/);
    const document = await resolver().resolve(current.did);
    expect(document?.service?.map((service) => service.serviceEndpoint)).toEqual(
      [
        'http://gateway.local:8080',
        'ws://gateway.local:8080',
        'https://gw.example.org/didcomm',
        'wss://gw.example.org/didcomm',
        'wss://push.example.org',
      ].map((uri) => ({ uri, accept: ['didcomm/v2'] })),
    );
    const element = current.did.split('.S')[1] ?? '';
    expect(Buffer.from(element, 'base64url').toString()).toBe(
      '{"t":"dm","s":{"uri":"http://gateway.local:8080","a":["didcomm/v2"]}}',
    );
    expect(current.secrets.map(({ kid, crv }) => [kid, crv])).toEqual([
      [`${current.did}#key-1`, 'X25519'],
      [`${current.did}#key-2`, 'Ed25519'],
    ]);
  });
});

describe('rotateIdentity', () => {
  it('keeps the old DIDs and the invitation, and proves to the holders of each who took its place', async () => {
    const first = createIdentity(primitives, [URL_A]);
    const clock = { nowMs: () => 1_700_000_000_500 };
    const third = await rotateIdentity(primitives, await rotateIdentity(primitives, first, [URL_B], clock), [], clock);
    expect(third.invitationId).toBe(first.invitationId);
    expect(third.former.map((own) => own.publicUrls)).toEqual([[URL_B], [URL_A]]);
    expect(third.former[1]).toEqual(first.current);
    expect(allSecrets(third)).toHaveLength(6);

    const peer = createIdentity(primitives, []).current;
    const ours = createEnvelopes({
      primitives,
      resolver: resolver(),
      secrets: createLocalSecrets({ primitives, keys: allSecrets(third) }),
    });
    const theirs = createEnvelopes({
      primitives,
      resolver: resolver(),
      secrets: createLocalSecrets({ primitives, keys: peer.secrets }),
    });
    expect(third.current.fromPrior.map((proof) => proof.did)).toEqual(third.former.map((own) => own.did));
    for (const { did, jwt } of third.current.fromPrior) {
      const from = third.current.did;
      const message = { id: '1', type: 'https://example.org/a/1.0/b', body: {}, from, to: [peer.did], from_prior: jwt };
      const [envelope] = await ours.pack(message, { mode: 'auth', from, to: [peer.did] });
      const { rotation } = await theirs.unpack(envelope?.packed ?? '');
      expect(rotation).toMatchObject({ priorDid: did, did: from, issuedAt: 1_700_000_000 });
    }
  });
});

describe('the invitation', () => {
  it('is an out-of-band invitation at the first public URL', () => {
    const identity = createIdentity(primitives, [URL_B, URL_A]);
    const [base, encoded = ''] = invitationUrl(identity).split('?_oob=');
    expect(base).toBe('https://gw.example.org/didcomm/');
    const text = Buffer.from(encoded, 'base64url').toString();
    expect(text).not.toMatch(/\s/);
    expect(JSON.parse(text)).toEqual({
      id: identity.invitationId,
      type: 'https://didcomm.org/out-of-band/2.0/invitation',
      from: identity.current.did,
      body: { goal_code: 'request-mediate' },
    });
    expect(inviterOf(invitationUrl(identity))).toBe(identity.current.did);
  });

  it('says the name of a gateway that has one', () => {
    const identity = createIdentity(primitives, [URL_B]);
    expect(parseInvitation(invitationUrl(identity, { name: 'Boat 7' }))).toMatchObject({
      goalCode: 'request-mediate',
      goal: 'Use Boat 7 as a mediator',
    });
    expect(invitationUrl(identity, { name: 'waypost' })).toBe(invitationUrl(identity));
  });

  it('leads to the mediator whose DID stands for a URL, and is at the first URL all the same', async () => {
    const mediator = createIdentity(primitives, [URL_B]).current.did;
    const identity = createIdentity(primitives, [parsePublicUrl(mediator), URL_A]);
    const document = await resolver().resolve(identity.current.did);
    expect(document?.service?.[0]?.serviceEndpoint).toEqual({ uri: mediator, accept: ['didcomm/v2'] });
    expect(invitationUrl(identity)).toMatch(/^http:\/\/gateway\.local:8080\/\?_oob=/);
    expect(invitationUrl(createIdentity(primitives, [mediator]))).toMatch(/^didcomm:\/\/\?_oob=/);
    const addresses = ['http://127.0.0.1:8080'];
    expect(invitationUrl(createIdentity(primitives, [mediator]), { addresses })).toMatch(
      /^http:\/\/127.0.0.1:8080\/\?/,
    );
  });

  it('is at a page also where only a socket is public, and needs no URL', () => {
    expect(invitationUrl(createIdentity(primitives, ['wss://a.example.org']))).toMatch(
      /^https:\/\/a\.example\.org\/\?_oob=/,
    );
    expect(invitationUrl(createIdentity(primitives, []))).toMatch(/^didcomm:\/\/\?_oob=/);
    for (const broken of ['', 'https://a/?_oob=x', 'https://a/?_oob=e30']) expect(inviterOf(broken)).toBeUndefined();
  });
});

describe('the identity file', () => {
  async function written(passphrase?: string) {
    const folder = dataFolder(await temporaryFolder());
    const first = createIdentity(primitives, [URL_A]);
    const identity = await rotateIdentity(primitives, first, [URL_B], { nowMs: () => 0 });
    await writeIdentity(folder, identity, passphrase);
    return { folder, identity, text: await readFile(folder.identity, 'utf8') };
  }
  const privateParts = (identity: Identity) => allSecrets(identity).map((secret) => secret.d);

  it('reads back', async () => {
    const { folder, identity } = await written();
    expect(await readIdentity(folder, undefined)).toEqual(identity);
    expect(await readIdentity(folder, 'not needed')).toEqual(identity);
  });

  it('holds no key in the clear under a passphrase, and opens with that one only', async () => {
    const { folder, identity, text } = await written('correct horse');
    for (const secret of privateParts(identity)) expect(text).not.toContain(secret);
    expect(text).not.toContain(identity.invitationId);
    expect(await readIdentity(folder, 'correct horse')).toEqual(identity);
    await expect(readIdentity(folder, 'battery staple')).rejects.toMatchObject({ code: 'ERR_PASSPHRASE' });
    await expect(readIdentity(folder, undefined)).rejects.toMatchObject({
      code: 'ERR_PASSPHRASE',
      message: expect.stringContaining('--passphrase-file'),
    });
  });

  it('is refused when it is open to others', async () => {
    const { folder } = await written();
    await chmod(folder.identity, 0o644);
    await expect(readIdentity(folder, undefined)).rejects.toMatchObject({
      code: 'ERR_DATA_FOLDER',
      message: expect.stringContaining(`chmod 600 ${folder.identity}`),
    });
    await chmod(folder.identity, 0o600);
    await chmod(folder.path, 0o755);
    await expect(readIdentity(folder, undefined)).rejects.toMatchObject({
      message: expect.stringContaining('chmod 700'),
    });
  });

  it('tells a folder without one from one that is damaged, and quotes no secret', async () => {
    const { folder, identity, text } = await written();
    const empty = dataFolder(await temporaryFolder());
    expect(await findIdentity(empty, undefined)).toBeUndefined();
    await expect(readIdentity(empty, undefined)).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });
    const damages = [
      text.slice(0, -20),
      text.replace('"kid"', '"kif"'),
      text.replace('waypost-identity', 'x'),
      '[]',
      '',
    ];
    for (const damage of [...damages, text.replace('"version":1', '"version":2')]) {
      await writeFile(folder.identity, damage);
      const error: Error = await readIdentity(folder, undefined).then(
        () => new Error('it was read'),
        (cause) => cause,
      );
      expect(error).toMatchObject({ code: 'ERR_DATA_FOLDER' });
      for (const secret of privateParts(identity)) expect(error.message).not.toContain(secret);
    }
  });

  it('does not demand more memory than allowed, whatever it says', async () => {
    const { folder, text } = await written('x');
    await writeFile(folder.identity, text.replace('"n":32768', '"n":16777216'));
    await expect(readIdentity(folder, 'x')).rejects.toMatchObject({ code: 'ERR_DATA_FOLDER' });
  });
});

describe('checkPublicUrls', () => {
  it('refuses URLs that are not in the DID and names the command that helps', async () => {
    const identity = createIdentity(primitives, [URL_A]);
    const config = async (urls: string) => (await loadConfig({ env: { WAYPOST_PUBLIC_URLS: urls } })).config;
    checkPublicUrls(await config(''), identity);
    checkPublicUrls(await config(`${URL_A}/`), identity);
    const other = await config('https://other.example.org');
    expect(() => checkPublicUrls(other, identity)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringContaining('waypost id rotate --public-url https://other.example.org'),
      }),
    );
  });
});

describe('the address of the web peer', () => {
  it.each([
    ['https://gw.example.org/?_oob=abc', 'https://gw.example.org/peer/#?_oob=abc'],
    ['http://127.0.0.1:8080/?_oob=abc', 'http://127.0.0.1:8080/peer/#?_oob=abc'],
    ['didcomm://?_oob=abc', undefined],
  ])('of %s is %s', (invitation, address) => {
    expect(webPeerUrl(invitation)).toBe(address);
  });
});
