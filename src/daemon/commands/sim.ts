import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import type { AddCommand } from '../command.js';
import { EXIT } from '../io.js';
import { stopSignal } from '../run/stop-signals.js';
import { DEVICE_TRANSPORTS, type DeviceTransport } from '../sim/medium.js';
import { addJsonOption, choice, secondsUpTo, wholeNumber } from './options.js';

const MAX_SECONDS = 86_400;

interface Options {
  transport: DeviceTransport;
  invitation?: string;
  profile?: string;
  profiles?: boolean;
  seed: number;
  to?: string;
  interval: number;
  count?: number;
  port?: string;
  pty?: string;
  url?: string;
  folder?: string;
  json?: boolean;
}

const EXAMPLE = `
It is a device with a DID of its own and a mailbox at the gateway: it says something every now and then, shows what comes
for it, and connects again when the line was gone. Ctrl-C ends it. With file and qr it only sends. With serial it makes two
pseudo terminals (socat) and prints the address for the gateway:

  waypost sim --invitation "$(waypost invite --data DIR)" --profile noisy-9600 --pty /tmp/line
  waypost start --data DIR --listen 'serial:/tmp/line?baudRate=9600'

With ble (or ble-dif, the profile of today's phones) it is a phone beside a simulated Bluetooth adapter for the gateway, which
therefore starts second:

  waypost sim --transport ble --invitation "$(waypost invite --data DIR)" --pty /tmp/hci
  BLUETOOTH_HCI_SOCKET_UART_PORT=/tmp/hci waypost start --data DIR --listen ble:`;

export const addSimCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('sim')
    .description('A simulated device that speaks to a gateway as a real one would, over a line that can be bad.')
    .addOption(choice('--transport <name>', 'how it reaches the gateway', DEVICE_TRANSPORTS).default('serial'))
    .option('--invitation <url>', 'of the gateway, as "waypost invite" prints it')
    .option('--to <did>', 'who gets its readings; left out, the gateway is pinged')
    .option('--interval <seconds>', 'between two messages', secondsUpTo(MAX_SECONDS), 10)
    .option('--count <n>', 'end after so many were accepted', wholeNumber(9))
    .option('--profile <name>', 'what the simulated line or radio is like; default: clean, near')
    .option('--profiles', 'list the profiles')
    .option('--seed <n>', 'the same faults and readings for the same number', wholeNumber(9), 1)
    .option('--port <path>', 'serial, ble: this real port or adapter (hci0) instead of a simulated one')
    .option('--pty <path>', "serial, ble: where the gateway's end appears; default: in a new folder")
    .option('--url <url>', 'websocket: where the gateway is; default: where its invitation is')
    .option('--folder <dir>', 'file and qr: where message files or pictures go')
    .addHelpText('after', EXAMPLE);
  addJsonOption(command).action(async (options: Options) => {
    if (options.profiles === true) {
      const { showProfiles } = await import('../sim/profile.js');
      io.stdout.write(showProfiles());
      return finish(EXIT.done);
    }
    const { invitation, port, pty, profile, url, folder, to, count } = options;
    if (invitation === undefined) throw new WaypostError('ERR_USAGE', 'whose device is it? --invitation URL');
    const stop = new AbortController();
    void stopSignal(process, silentLogger).then(() => stop.abort());
    const { simulate } = await import('../sim/simulate.js');
    const medium = { transport: options.transport, port, pty, profile, url, folder, seed: options.seed };
    const intervalMs = options.interval * 1000;
    await simulate(io, {
      ...medium,
      invitation,
      to,
      count,
      intervalMs,
      json: options.json === true,
      signal: stop.signal,
    });
    finish(EXIT.done);
  });
};
