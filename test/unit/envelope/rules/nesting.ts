import { expect } from 'vitest';
import type { Cast } from '../../../support/cast.js';
import { type Rules, SECTION } from './rule.js';

type Kind = 'plain' | 'sign' | 'anon' | 'auth';

/** Envelopes around a message from Alice to Bob, the outermost first: `nest(cast, 'anon', 'sign')`. */
function nest({ forge, alice, bob, message }: Cast, ...kinds: readonly Kind[]): string {
  return kinds.reduceRight((content, kind) => {
    if (kind === 'plain') return content;
    if (kind === 'sign') return forge.jws(content, [{ key: alice.signature() }]);
    return forge.jwe({ content, to: [bob.agreement()], ...(kind === 'auth' ? { from: alice.agreement() } : {}) });
  }, JSON.stringify(message()));
}

/** What the result says of a combination: [encrypted, authenticated, nonRepudiable, anonymous]. */
function says([encrypted, authenticated, nonRepudiable, anonymous]: readonly boolean[]) {
  return ({ alice, bob }: Cast) => ({
    encrypted,
    authenticated,
    nonRepudiable,
    anonymous,
    from: authenticated ? alice.did : null,
    recipientKeyIds: encrypted ? [bob.agreement().kid] : [],
    senderKeyId: authenticated && !nonRepudiable ? alice.agreement().kid : expect.anything(),
    signerKeyId: nonRepudiable ? alice.signature().kid : null,
  });
}

/** Which envelopes may stand inside which, and what each combination proves. */
export const nestingRules: Rules = {
  subject: 'Combinations of envelopes',
  refused: [
    {
      rule: 'a signature outside of encryption',
      section: SECTION.signing,
      code: 'ERR_ENVELOPE_NESTING',
      broken: (cast) => [nest(cast, 'sign', 'anon'), nest(cast, 'sign', 'auth'), nest(cast, 'anon', 'sign', 'auth')],
    },
    {
      rule: 'a signature inside a signature',
      section: SECTION.mediaTypes,
      code: 'ERR_ENVELOPE_NESTING',
      broken: (cast) => [nest(cast, 'sign', 'sign'), nest(cast, 'anon', 'sign', 'sign')],
    },
    {
      rule: 'anything encrypted inside authcrypt',
      section: SECTION.mediaTypes,
      code: 'ERR_ENVELOPE_NESTING',
      broken: (cast) => [nest(cast, 'auth', 'auth'), nest(cast, 'auth', 'anon'), nest(cast, 'anon', 'auth', 'auth')],
    },
    {
      rule: 'anoncrypt inside anoncrypt',
      section: SECTION.mediaTypes,
      code: 'ERR_ENVELOPE_NESTING',
      broken: (cast) => [
        nest(cast, 'anon', 'anon'),
        nest(cast, 'anon', 'anon', 'sign'),
        nest(cast, 'anon', 'anon', 'auth'),
      ],
    },
  ],
  accepted: [
    {
      oddity: 'plaintext without an envelope, which proves nothing',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'plain')],
      result: () => ({
        ...{ encrypted: false, authenticated: false, nonRepudiable: false, anonymous: false },
        ...{ from: null, senderKeyId: null, signerKeyId: null, layers: [], recipientKeyIds: [] },
      }),
    },
    {
      oddity: 'sign',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'sign')],
      result: (cast) => ({ ...says([false, true, true, false])(cast), senderKeyId: null }),
    },
    {
      oddity: 'anoncrypt: `from` is only a claim',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'anon')],
      result: (cast) => ({ ...says([true, false, false, true])(cast), senderKeyId: null }),
    },
    {
      oddity: 'authcrypt',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'auth')],
      result: says([true, true, false, false]),
    },
    {
      oddity: 'anoncrypt(sign)',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'anon', 'sign')],
      result: (cast) => ({ ...says([true, true, true, true])(cast), senderKeyId: null }),
    },
    {
      oddity: 'anoncrypt(authcrypt)',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'anon', 'auth')],
      result: says([true, true, false, true]),
    },
    {
      oddity: 'authcrypt(sign), which should not be sent, when the signer is the sender',
      section: SECTION.mediaTypes,
      accepted: (cast) => [nest(cast, 'auth', 'sign')],
      result: says([true, true, true, false]),
    },
    {
      oddity: 'anoncrypt(authcrypt(sign)), which the text forbids and an example of the specification is',
      section: 'Appendix C.3',
      accepted: (cast) => [nest(cast, 'anon', 'auth', 'sign')],
      result: says([true, true, true, true]),
    },
  ],
};
