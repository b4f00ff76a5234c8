import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { Computer } from '../../firmware-sim/bluetooth/computer.js';
import { hciSocketClass } from '../../firmware-sim/bluetooth/hci-socket.js';
import { loadBluetoothPackage, stopBluetoothPackage } from '../../firmware-sim/bluetooth/packages.js';
import { NATIVE_SERVICE } from '../../src/link/gatt/native-service.js';
import type { Noble, NobleCharacteristic, NoblePeripheral } from '../support/bluetooth/packages.js';
import { find, inState } from '../support/bluetooth/world.js';

/*
 * Chromium's emulated Bluetooth adapter (DevTools protocol, "BluetoothEmulation" of the browser's session and "DeviceAccess"
 * of the page's), and behind it a central on the virtual radio (noble, unmodified), so that what a page does happens to a
 * real gateway:
 *
 *   page -> Chromium: chooser, connection, discovery, subscription, writes -> DevTools protocol -> noble -> virtual radio
 *   page <- the event `characteristicvaluechanged`, made in the page <- noble <- virtual radio
 *
 * Emulated are the adapter and the radio. The one thing that is not Chromium's own is that event, as its protocol has
 * no notifications. Nor does it tell that a page disconnects: the central does when the page connects again.
 */

/** Chromium's name for what a page can ask of it; on Linux it is behind this flag. */
export const WEB_BLUETOOTH = '--enable-features=WebBluetooth';

/** Chromium knows no small letters. */
const ADDRESS = 'C0:FF:EE:00:00:01';
const ADVERTISING_MS = 200;
const { service, toPeripheral, toCentral } = NATIVE_SERVICE;
/** Client Characteristic Configuration (Core Specification 5.4, Vol 3 Part G, 3.3.3.3): without it nothing can be subscribed to. */
const CONFIGURATION = '00002902-0000-1000-8000-00805f9b34fb';
const MTU = 247;
const SUCCESS = 0;
/** Core Specification 5.4, Vol 1 Part F, 1.3: "Connection Failed to be Established". */
const NOT_ESTABLISHED = 0x3e;
/** In the page: remembers what notifications are for. A text, as it runs there. */
const KEEP_CHARACTERISTICS = `
  const { prototype } = BluetoothRemoteGATTService;
  const { getCharacteristic } = prototype;
  prototype.getCharacteristic = async function (uuid) {
    const characteristic = await getCharacteristic.call(this, uuid);
    globalThis.testCharacteristics = { ...globalThis.testCharacteristics, [uuid]: characteristic };
    return characteristic;
  };`;

export interface EmulatedAdapter {
  /** How often the page connected. */
  readonly connections: number;
  /** Lengths of the values that the page wrote, as Chromium reports them. */
  readonly written: readonly number[];
  /** Ends the connection, as if the person had walked away. */
  drop(): Promise<void>;
}

/** Before the page is opened. One for each browser: pages share the adapter. `computer` has the central's adapter. */
export async function emulateBluetooth(browser: Browser, page: Page, computer: Computer): Promise<EmulatedAdapter> {
  await page.addInitScript(KEEP_CHARACTERISTICS);
  const [adapter, chooser] = await Promise.all([browser.newBrowserCDPSession(), page.context().newCDPSession(page)]);
  await adapter.send('BluetoothEmulation.enable', { state: 'powered-on', leSupported: true });
  await chooser.send('DeviceAccess.enable');
  chooseWhenAsked(adapter, chooser);
  const noble = loadBluetoothPackage('@stoprocent/noble', hciSocketClass(computer)) as Noble;
  onTestFinished(() => stopBluetoothPackage(noble));
  return new Bridge(adapter, page, noble);
}

/** Advertises as long as a chooser shows nobody, as it does not listen at once, and takes the first that it then shows. */
function chooseWhenAsked(adapter: CDPSession, chooser: CDPSession): void {
  // Chromium waits for ever for the rest of a record that has not everything.
  const manufacturerData = [{ key: 1, data: 'AQI=' }];
  const scanRecord = { name: 'waypost', uuids: [service], appearance: 0, txPower: 0, manufacturerData };
  const entry = { deviceAddress: ADDRESS, rssi: -50, scanRecord };
  let answered = '';
  const advertise = async (id: string): Promise<void> => {
    while (answered !== id) {
      await adapter.send('BluetoothEmulation.simulateAdvertisement', { entry });
      await sleep(ADVERTISING_MS);
    }
  };
  chooser.on('DeviceAccess.deviceRequestPrompted', ({ id, devices: [first] }) => {
    if (first === undefined) {
      void advertise(id).catch(() => {}); // the browser is closed
    } else if (answered !== id) {
      answered = id;
      void chooser.send('DeviceAccess.selectPrompt', { id, deviceId: first.id });
    }
  });
}

class Bridge implements EmulatedAdapter {
  readonly written: number[] = [];
  connections = 0;
  readonly #adapter: CDPSession;
  readonly #page: Page;
  readonly #noble: Noble;
  /** UUIDs of Chromium's characteristics. */
  readonly #uuids = new Map<string, string>();
  #peripheral: NoblePeripheral | undefined;
  #characteristics: readonly NobleCharacteristic[] = [];

  constructor(adapter: CDPSession, page: Page, noble: Noble) {
    this.#adapter = adapter;
    this.#page = page;
    this.#noble = noble;
    adapter.on('BluetoothEmulation.gattOperationReceived', ({ address, type }) => {
      const work = type === 'connection' ? this.#connect() : this.#discover();
      void work
        .then(() => SUCCESS)
        .catch(() => NOT_ESTABLISHED)
        .then((code) => adapter.send('BluetoothEmulation.simulateGATTOperationResponse', { address, type, code }));
    });
    adapter.on('BluetoothEmulation.characteristicOperationReceived', ({ characteristicId, type, data }) => {
      const value = Buffer.from(data ?? '', 'base64');
      const work = type === 'write' ? this.#write(characteristicId, value) : this.#subscribe(characteristicId);
      const answer = { characteristicId, type, code: SUCCESS };
      void work.then(() => adapter.send('BluetoothEmulation.simulateCharacteristicOperationResponse', answer));
    });
  }

  async drop(): Promise<void> {
    await this.#peripheral?.disconnectAsync();
  }

  async #connect(): Promise<void> {
    this.connections++;
    await inState(this.#noble, 'poweredOn');
    if (this.#peripheral?.state === 'connected') await this.#peripheral.disconnectAsync();
    const peripheral = await find(this.#noble, undashed(service));
    await peripheral.connectAsync({ mtu: MTU });
    this.#peripheral = peripheral;
    void once(peripheral, 'disconnect').then(() =>
      this.#adapter.send('BluetoothEmulation.simulateGATTDisconnection', { address: ADDRESS }).catch(() => {}),
    );
    const found = await peripheral.discoverSomeServicesAndCharacteristicsAsync([undashed(service)], []);
    this.#characteristics = found.characteristics;
  }

  async #discover(): Promise<void> {
    this.#uuids.clear();
    const { serviceId } = await this.#adapter.send('BluetoothEmulation.addService', {
      address: ADDRESS,
      serviceUuid: service,
    });
    const kinds = [
      [toPeripheral, { writeWithoutResponse: true }],
      [toCentral, { notify: true }],
    ] as const;
    for (const [characteristicUuid, properties] of kinds) {
      const { characteristicId } = await this.#adapter.send('BluetoothEmulation.addCharacteristic', {
        serviceId,
        characteristicUuid,
        properties,
      });
      this.#uuids.set(characteristicId, characteristicUuid);
      if (characteristicUuid === toCentral) {
        await this.#adapter.send('BluetoothEmulation.addDescriptor', {
          characteristicId,
          descriptorUuid: CONFIGURATION,
        });
      }
    }
  }

  async #write(characteristicId: string, value: Buffer): Promise<void> {
    this.written.push(value.length);
    await this.#characteristic(characteristicId)?.writeAsync(value, true);
  }

  async #subscribe(characteristicId: string): Promise<void> {
    const characteristic = this.#characteristic(characteristicId);
    characteristic?.on('data', (value: Buffer) => void this.#notify(value).catch(() => {})); // the page may be gone
    await characteristic?.subscribeAsync();
  }

  async #notify(value: Buffer): Promise<void> {
    await this.#page.evaluate(
      ({ uuid, bytes }) => {
        const { testCharacteristics } = globalThis as unknown as { testCharacteristics: Record<string, EventTarget> };
        const characteristic = testCharacteristics[uuid];
        if (characteristic === undefined) return;
        const view = new DataView(Uint8Array.from(bytes).buffer);
        Object.defineProperty(characteristic, 'value', { configurable: true, value: view });
        characteristic.dispatchEvent(new Event('characteristicvaluechanged'));
      },
      { uuid: toCentral, bytes: [...value] },
    );
  }

  #characteristic(characteristicId: string): NobleCharacteristic | undefined {
    const uuid = undashed(this.#uuids.get(characteristicId) ?? '');
    return this.#characteristics.find((characteristic) => characteristic.uuid === uuid);
  }
}

function undashed(uuid: string): string {
  return uuid.replaceAll('-', '');
}
