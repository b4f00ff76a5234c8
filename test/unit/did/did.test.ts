import { describe, expect, it } from 'vitest';
import { WaypostError } from '../../../src/core/errors.js';
import { absoluteDidUrl, decodingDid, parseDid } from '../../../src/did/did.js';
import { MAX_DID_LENGTH } from '../../../src/envelope/did-url.js';
import { codeOf } from './support.js';

describe('parseDid', () => {
  it.each([
    ['did:example:123456789abcdefghi', 'example', '123456789abcdefghi'],
    ['did:web:localhost%3A8443:user', 'web', 'localhost%3A8443:user'],
    ['did:a1:_-.', 'a1', '_-.'],
    ['did:example::empty-segment', 'example', ':empty-segment'],
    ['did:peer:2.SW10=', 'peer', '2.SW10='],
  ])('splits %s', (did, method, id) => {
    expect(parseDid(did)).toEqual({ did, method, id });
  });

  it.each([
    '',
    'did:',
    'did:example',
    'did:example:',
    'did:example:a:',
    'did::a',
    'DID:example:a',
    'did:Example:a',
    'did:ex-ample:a',
    ' did:example:a',
    'did:example:a\n',
    'did:example:ä',
    'did:example:a b',
    'did:example:%4',
    'did:example:%zz',
    'did:example:a#key-1',
    'did:example:a/path',
    'did:example:a?query',
    `did:example:${'a'.repeat(MAX_DID_LENGTH)}`,
  ])('refuses %j', (text) => {
    expect(codeOf(() => parseDid(text))).toBe('ERR_DID_MALFORMED');
  });
});

describe('decodingDid', () => {
  it('turns broken content into ERR_DID_MALFORMED and keeps the cause', () => {
    const cause = new WaypostError('ERR_MULTIBASE', 'bad text');
    const action = () =>
      decodingDid('a DID', () => {
        throw cause;
      });
    expect(action).toThrow(expect.objectContaining({ code: 'ERR_DID_MALFORMED', cause }));
  });

  it('passes errors that are not about the content', () => {
    const bug = new TypeError('a bug');
    const action = () =>
      decodingDid('a DID', () => {
        throw bug;
      });
    expect(action).toThrow(bug);
  });
});

describe('absoluteDidUrl', () => {
  it('completes only what is relative', () => {
    expect(absoluteDidUrl('did:example:a', '#key-1')).toBe('did:example:a#key-1');
    expect(absoluteDidUrl('did:example:a', 'did:example:b#key-1')).toBe('did:example:b#key-1');
  });
});
