import { toBase64url } from '../core/base64url.js';
import { utf8 } from '../core/bytes.js';
import type { Primitives } from '../crypto/primitives.js';
import type { DeviceFrame, Outlet, Reading } from './reading.js';

const PREFIX = 'sensor:';

/** The queue in which frames of a device wait that nothing else was made of. */
function journalOf(deviceId: string): string {
  return `${PREFIX}${deviceId}`;
}

/**
 * Keeps each frame in a queue of its device, within the quotas of the store: for a gateway that was not told yet what to make
 * of readings. Each entry is one JSON object.
 */
export function createJournal(primitives: Primitives): Outlet {
  return {
    async operations(frame) {
      const content = utf8(JSON.stringify(toEntry(frame)));
      const destination = journalOf(frame.deviceId);
      const contentHash = primitives.sha256(content);
      const message = { destination, depositor: destination, priority: 'normal', content, contentHash } as const;
      return [{ kind: 'put', message }];
    },
    stored: () => {},
  };
}

function toEntry({ content, contentHash, externalAad, readings, ...known }: DeviceFrame) {
  return {
    ...known,
    frame: toBase64url(content),
    frameHash: toBase64url(contentHash),
    ...(externalAad === undefined ? {} : { externalAad: toBase64url(externalAad) }),
    readings: readings.map(toJson),
  };
}

function toJson({ value, ...reading }: Reading) {
  return { ...reading, ...(value instanceof Uint8Array ? { data: toBase64url(value) } : { value }) };
}
