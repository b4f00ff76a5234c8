import type { OfflineState } from './offline/offline-page.js';

/** Something that a browser can do or not, in words for people. */
export interface Ability {
  readonly name: string;
  readonly isThere: boolean;
  /** What it means here, and what to do where it is missing. */
  readonly advice: string;
}

/** What is asked of the browser; tests pass others. */
export interface BrowserFacts {
  /** HTTPS, or this very machine (Secure Contexts, "potentially trustworthy"). */
  readonly isSecureContext: boolean;
  /** The browser promised not to clear away what is kept here when it runs out of room. */
  readonly isPersistent: boolean;
  /** Whether pages may ask for the camera at all; whether there is one shows when it is used. */
  readonly hasCamera: boolean;
  /** Web Bluetooth, which browsers give to pages that came by https, or not at all. */
  readonly hasBluetooth: boolean;
  readonly offline: OfflineState;
}

const OFFLINE = {
  missing:
    'The page is fetched from the gateway at each visit: only pages that were opened by https are kept by browsers, and not in private windows.',
  coming: 'The page is being fetched, to be opened later without the gateway.',
  ready:
    'The page is kept in this browser, and can be put on the home screen (Android: menu, "Install app"; iPhone: Share, "Add to Home Screen").',
} as const;

/** What this browser can do for the page as it was opened, the most important first. */
export function abilitiesOf({
  isSecureContext,
  isPersistent,
  hasCamera,
  hasBluetooth,
  offline,
}: BrowserFacts): readonly Ability[] {
  return [
    {
      name: 'Protected connection',
      isThere: isSecureContext,
      advice: isSecureContext
        ? 'Nobody between here and the gateway can change this page.'
        : 'Messages are encrypted, but somebody in this network could change the page itself. Open it by https to be safe from that; docs/web-peer.md of the gateway says how.',
    },
    {
      name: 'Camera',
      isThere: hasCamera,
      advice: hasCamera
        ? 'Invitations, and messages on the screen of a gateway, can be read with it.'
        : 'Browsers give it only to pages that were opened by https. Pictures of QR codes can be chosen instead.',
    },
    {
      name: 'Lasting storage',
      isThere: isPersistent,
      advice: isPersistent
        ? 'The browser keeps your keys and conversations until you delete them.'
        : 'The browser may clear your keys and conversations away when it has no room, or after weeks without a visit. Adding the page to the home screen, or a bookmark, and opening it by https makes it keep them.',
    },
    {
      name: 'Opens without the gateway',
      isThere: offline === 'ready',
      advice: OFFLINE[offline],
    },
    {
      name: 'Bluetooth',
      isThere: hasBluetooth,
      advice: hasBluetooth
        ? 'A gateway that is near can be reached without a network.'
        : adviceForBluetooth(isSecureContext),
    },
  ];
}

function adviceForBluetooth(isSecureContext: boolean): string {
  return isSecureContext
    ? 'Chrome and Edge have it on Android and on computers. Safari and Firefox do not, nor does any browser on an iPhone or iPad: there, use the network of the gateway, or screens and cameras.'
    : 'Browsers give it only to pages that were opened by https; docs/web-peer.md of the gateway says how.';
}
