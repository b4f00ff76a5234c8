import { render } from 'preact';
import type { DeviceClock } from '../../core/clock.js';
import { isWaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNoblePrimitives } from '../../crypto/noble.js';
import { createMemoryPartials } from '../../link/memory-partials.js';
import { STATION_ID_BYTES } from '../../link/session/frames.js';
import { abilitiesOf } from '../abilities.js';
import { createOwn, readInvited } from '../agent/identity.js';
import { WebPeer } from '../agent/web-peer.js';
import { Bluetooth } from '../media/bluetooth.js';
import { createCamera } from '../media/camera.js';
import type { DetectorClass } from '../media/code-reader.js';
import { createWays } from '../media/ways.js';
import type { WebBluetooth } from '../media/web-bluetooth.js';
import { OfflinePage } from '../offline/offline-page.js';
import { becomeOnlyTab } from '../offline/only-tab.js';
import { openDatabase } from '../storage/database.js';
import { PeerStore } from '../storage/peer-store.js';
import type { OwnRecord } from '../storage/records.js';
import { App } from './app.js';
import { OtherTab, UpdateNotice } from './notices.js';
import { Problem } from './parts.js';
import { Setup } from './setup.js';

/* The one place that reaches for the browser: everything else is given what it needs. */

const DATABASE = 'waypost-web-peer';

const clock: DeviceClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  bootId: 'page',
  // Phones and computers set themselves by the network.
  quality: () => 'ntp',
};

async function main(root: HTMLElement): Promise<void> {
  const page = new URL(location.href);
  const invitation = /[#&?]_oob=/.test(page.hash) ? page.href : '';
  // An invitation is not left in the history of the browser, nor in pictures of its address bar.
  history.replaceState(null, '', page.pathname);
  const reload = (): void => location.reload();
  if (navigator.locks !== undefined) {
    const onWaiting = (takeOver: () => void) => render(<OtherTab onTakeOver={takeOver} />, root);
    await becomeOnlyTab(navigator.locks, { onWaiting, onLost: reload });
  }
  render(null, root);
  const store = new PeerStore(await openDatabase(indexedDB, DATABASE));
  const primitives = createNoblePrimitives();
  const scheduler = createScheduler();
  const partials = await createMemoryPartials({ clock });
  const webBluetooth = (navigator as { readonly bluetooth?: WebBluetooth }).bluetooth;

  const isPersistent = (await navigator.storage?.persist()) ?? false;
  const { BarcodeDetector: detector } = globalThis as { BarcodeDetector?: DetectorClass };
  const camera = createCamera({ devices: navigator.mediaDevices, detector });
  const use = (own: OwnRecord, invitationOfPerson: string): void => {
    let changes = 0;
    const show = (): void => {
      const hasBluetooth = webBluetooth !== undefined;
      const hasCamera = navigator.mediaDevices !== undefined;
      const facts = { isSecureContext, isPersistent, hasCamera, hasBluetooth, offline: offline.state };
      const abilities = abilitiesOf(facts);
      const props = { peer, store, bluetooth, page, camera, abilities, invitation: invitationOfPerson, changes };
      render(
        <>
          <UpdateNotice isThere={offline.hasUpdate} onUpdate={() => offline.update(reload)} />
          <App {...props} onErased={reload} />
        </>,
        root,
      );
    };
    const onChange = (): void => {
      changes += 1;
      show();
    };
    const offline = new OfflinePage(navigator.serviceWorker, onChange);
    const bluetooth = new Bluetooth({
      bluetooth: webBluetooth,
      partials,
      stationId: primitives.randomBytes(STATION_ID_BYTES),
      sha256: (bytes) => primitives.sha256(bytes),
      random: Math.random,
      scheduler,
      now: clock.monotonicMs,
      logger: silentLogger,
      onChange,
    });
    const surroundings = { primitives, clock, scheduler, logger: silentLogger, ways: createWays(page, bluetooth) };
    const peer = new WebPeer(own, { store, surroundings, random: Math.random, onChange });
    addEventListener('online', () => peer.wake());
    document.addEventListener('visibilitychange', () => document.hidden || peer.wake());
    show();
    void offline.start();
    void bluetooth.recall().then(() => peer.start());
  };
  const setup = async (name: string, text: string): Promise<void> => {
    const own = createOwn(primitives, name, readInvited(text));
    await store.putOwn(own);
    use(own, '');
  };
  const own = await store.own();
  if (own === undefined) render(<Setup invitation={invitation} camera={camera} onSetup={setup} />, root);
  else use(own, invitation);
}

const root = document.getElementById('app');
if (root !== null) {
  main(root).catch((error: unknown) => {
    render(<Problem text={isWaypostError(error) ? error.message : String(error)} />, root);
  });
}
