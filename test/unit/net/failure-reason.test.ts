import { expect, test } from 'vitest';
import { failureReason } from '../../../src/net/failure-reason.js';

const failure = (message: string, code?: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

test.each([
  ['what is no error', 'a text', 'a text'],
  ['an error without a code', failure('socket hang up'), 'socket hang up'],
  [
    'a code that the text has',
    failure('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'),
    'connect ECONNREFUSED 127.0.0.1:1',
  ],
  ['a code that it has not', failure('other side closed', 'UND_ERR_SOCKET'), 'other side closed (UND_ERR_SOCKET)'],
  ['a code alone, as several addresses that refuse give it', failure('', 'ECONNREFUSED'), '(ECONNREFUSED)'],
  [
    'a certificate that nobody vouches for, without advice about Node',
    failure('self-signed certificate; if the root CA is installed locally, try x', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    'its certificate is not accepted: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)',
  ],
  [
    'a certificate of somebody else',
    failure('Hostname/IP does not match', 'ERR_TLS_CERT_ALTNAME_INVALID'),
    'its certificate is not accepted: Hostname/IP does not match (ERR_TLS_CERT_ALTNAME_INVALID)',
  ],
  [
    'a clock that is behind',
    failure('certificate is not yet valid', 'CERT_NOT_YET_VALID'),
    'its certificate is not valid now, if the clock of this machine is right: certificate is not yet valid (CERT_NOT_YET_VALID)',
  ],
])('%s', (_, error, reason) => {
  expect(failureReason(error)).toBe(reason);
});
