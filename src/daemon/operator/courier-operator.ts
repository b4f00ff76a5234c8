import { fromBase64url, toBase64url } from '../../core/base64url.js';
import { isWaypostError } from '../../core/errors.js';
import type { Courier } from '../../gateway/courier/courier.js';
import type { CourierOperator } from './operator.js';

/** A courier in terms that travel as JSON. `open` gives it when it is first needed. */
export function createCourierOperator(open: () => Promise<Courier>): CourierOperator {
  return {
    async offer(destination, after) {
      const offered = await (await open()).offer(destination, after);
      return offered.map(({ id, hash, content }) => ({ id, hash, content: toBase64url(content) }));
    },
    async take(content, isForAnybody) {
      const courier = await open();
      try {
        return await courier.take(fromBase64url(content, 'the message'), isForAnybody);
      } catch (error) {
        if (!isWaypostError(error)) throw error;
        const { code, message, retryable } = error;
        return { outcome: 'refused', code, message, retryable };
      }
    },
    receipt: async (to, hashes) => toBase64url(await (await open()).receipt(to, hashes)),
    gone: async (hashes) => (await open()).gone(hashes),
  };
}
