import type { Cleanup } from '../run/cleanup.js';
import { openBleMedium } from './ble-medium.js';
import { openFileMedium, openQrMedium } from './folder-media.js';
import type { DeviceMedium, MediumOptions } from './medium.js';
import { openSerialMedium } from './serial-medium.js';
import { openWebSocketMedium } from './websocket-medium.js';

/** `foundAt`: where the gateway's invitation was, such as `http://gateway.local:8080`. Throws ERR_USAGE. */
export function openMedium(
  options: MediumOptions,
  foundAt: string | undefined,
  cleanup: Cleanup,
): Promise<DeviceMedium> {
  switch (options.transport) {
    case 'serial':
      return openSerialMedium(options, cleanup);
    case 'ble':
    case 'ble-dif':
      return openBleMedium(options, cleanup);
    case 'websocket':
      return openWebSocketMedium(options, foundAt, cleanup);
    case 'file':
      return openFileMedium(options);
    case 'qr':
      return openQrMedium(options, cleanup);
  }
}
