import type { DeviceEvent } from '../../../firmware-sim/index.js';

const SHOWN_DID_CHARS = 60;

/** What a simulated device says, as a line for people. */
export function showEvent(event: DeviceEvent): string {
  switch (event.event) {
    case 'connected':
      return `Connected over ${event.address}.`;
    case 'disconnected':
      return `No connection: ${event.reason}.${event.retryInMs === 0 ? '' : ` Next try in ${Math.ceil(event.retryInMs / 1000)} s.`}`;
    case 'registered':
      return `Registered. The gateway takes messages for this device now, whose DID is\n${event.did}`;
    case 'sent':
      return `Sent ${event.number}: ${event.content}. Accepted after ${event.tookMs} ms.`;
    case 'received':
      return `From ${shorten(event.from ?? 'somebody unproven')}: ${printable(event.content)}`;
    case 'unreadable':
      return `Something came that cannot be read: ${event.message}`;
  }
}

function shorten(did: string): string {
  return did.length > SHOWN_DID_CHARS ? `${did.slice(0, SHOWN_DID_CHARS)}...` : did;
}

/** What a stranger wrote must not move the cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}
