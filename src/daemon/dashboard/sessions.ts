import { createHash, randomBytes, randomInt } from 'node:crypto';
import { toBase64url } from '../../core/base64url.js';
import { BoundedCache } from '../../core/bounded-cache.js';
import { WaypostError } from '../../core/errors.js';
import { TokenBuckets } from '../../core/token-bucket.js';
import { equalSecrets } from '../admin/guard.js';

/** What the terminal prints for somebody who wants to sign in with a browser. */
export interface SignInCode {
  /** `XXXXX-XXXXX`, for one sign-in. */
  readonly code: string;
  readonly expiresInSeconds: number;
}

/** What a browser got for a code. */
export interface Session {
  /** For `Authorization: Bearer`. */
  readonly session: string;
  readonly expiresInSeconds: number;
}

/** Crockford's base32: no letter in it is taken for a digit. Ten of them are 50 bits. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LETTERS = 10;
const CODE_SECONDS = 10 * 60;
const SESSION_BYTES = 32;
const SESSION_SECONDS = 12 * 60 * 60;
const MAX_SESSIONS = 16;
/** Of all sources together: behind a tunnel or a proxy they look the same. */
const TRIES = { perSecond: 1, burst: 10 };
const EVERYBODY = 'everybody';

/**
 * Who signed in to the dashboard. Nothing is written down: a restart signs everybody out. `monotonicMs` does not run
 * backwards.
 */
export class Sessions {
  readonly #monotonicMs: () => number;
  readonly #tries: TokenBuckets;
  /** End of each session by the hash of its bearer: a search for it takes no time that tells the bearer. */
  readonly #ends = new BoundedCache<string, number>(MAX_SESSIONS);
  #code: { readonly letters: string; readonly endMs: number } | undefined;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#tries = new TokenBuckets(TRIES, 1, monotonicMs);
  }

  /** The code before, if nobody used it, is void from now on. */
  issueCode(): SignInCode {
    const letters = Array.from({ length: CODE_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    this.#code = { letters, endMs: this.#monotonicMs() + CODE_SECONDS * 1000 };
    const half = CODE_LETTERS / 2;
    return { code: `${letters.slice(0, half)}-${letters.slice(half)}`, expiresInSeconds: CODE_SECONDS };
  }

  /** Throws ERR_RATE_LIMIT (retryable), and ERR_NOT_ALLOWED for a code that is wrong, used, or too old. */
  open(code: string): Session {
    const waitMs = this.#tries.take(EVERYBODY);
    if (waitMs > 0) {
      const what = `too many codes were tried; the next one may be in ${Math.ceil(waitMs / 1000)} s`;
      throw new WaypostError('ERR_RATE_LIMIT', what, { retryable: true, retryAfterMs: waitMs });
    }
    const valid = this.#code;
    if (valid === undefined || this.#monotonicMs() >= valid.endMs || !equalSecrets(readCode(code), valid.letters)) {
      throw new WaypostError(
        'ERR_NOT_ALLOWED',
        'the code is wrong, used, or too old; "waypost dashboard" prints another',
      );
    }
    this.#code = undefined;
    const session = toBase64url(randomBytes(SESSION_BYTES));
    this.#ends.set(hashOf(session), this.#monotonicMs() + SESSION_SECONDS * 1000);
    return { session, expiresInSeconds: SESSION_SECONDS };
  }

  has(session: string): boolean {
    const hash = hashOf(session);
    const endMs = this.#ends.get(hash);
    if (endMs === undefined) return false;
    if (this.#monotonicMs() < endMs) return true;
    this.#ends.delete(hash);
    return false;
  }

  end(session: string): void {
    this.#ends.delete(hashOf(session));
  }
}

/** As people type it: in small letters, with or without the hyphen, an O for a zero. */
function readCode(text: string): string {
  return text.slice(0, 100).toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
}

function hashOf(session: string): string {
  return createHash('sha256').update(session).digest('base64');
}
