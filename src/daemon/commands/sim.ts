import { WaypostError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import type { AddCommand } from '../command.js';
import { EXIT } from '../io.js';
import { stopSignal } from '../run/stop-signals.js';
import { SENSOR_TRANSPORTS, type SensorTransport } from '../sim/medium.js';
import { addJsonOption, choice, secondsUpTo, wholeNumber } from './options.js';
import { readSensorOptions, SENSOR_KINDS, type SensorOptions } from './sim-sensor.js';

const MAX_SECONDS = 86_400;

interface Options extends SensorOptions {
  transport?: SensorTransport;
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
  phones?: number;
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
  BLUETOOTH_HCI_SOCKET_UART_PORT=/tmp/hci waypost start --data DIR --listen ble:

With --device it is a sensor instead, which sends frames of some 40 bytes (docs/simulated-sensors.md): a thermometer on a serial
line, a tracker at an MQTT broker, a beacon by Bluetooth.

  openssl rand -hex 16 > t1.key && waypost device add t1 --key-file t1.key --data DIR
  waypost sim --device thermometer --id t1 --key-file t1.key --pty /tmp/line
  waypost start --data DIR --listen 'serial:/tmp/line?baudRate=115200'`;

export const addSimCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('sim')
    .description('A simulated device that speaks to a gateway as a real one would, over a line that can be bad.')
    .addOption(choice('--transport <name>', 'how it reaches the gateway; default: serial', SENSOR_TRANSPORTS))
    .option('--invitation <url>', 'of the gateway, as "waypost invite" prints it')
    .option('--to <did>', 'who gets its readings; left out, the gateway is pinged')
    .option('--interval <seconds>', 'between two messages', secondsUpTo(MAX_SECONDS), 10)
    .option('--count <n>', 'end after so many were accepted', wholeNumber(9))
    .option('--profile <name>', 'what the simulated line or radio is like; default: clean, near')
    .option('--profiles', 'list the profiles and scenarios')
    .option('--seed <n>', 'the same faults and readings for the same number', wholeNumber(9), 1)
    .option('--port <path>', 'serial, ble: this real port or adapter (hci0) instead of a simulated one')
    .option('--pty <path>', "serial, ble: where the gateway's end appears; default: in a new folder")
    .option(
      '--url <url>',
      "websocket: where the gateway is; default: where its invitation is. mqtt: the gateway's address at the broker",
    )
    .option('--phones <n>', 'ble: so many phones on one radio, which write to each other', wholeNumber(1))
    .option('--folder <dir>', 'file and qr: where message files or pictures go')
    .addOption(choice('--device <kind>', 'a sensor that speaks no DIDComm', SENSOR_KINDS))
    .option('--id <id>', 'sensor: as "waypost device add" knows it')
    .option('--key-file <file>', 'sensor: its key, in hexadecimal digits or base64url; "-" reads standard input')
    .addOption(choice('--auth <kind>', 'sensor: default hmac-256-64', ['hmac-256-64', 'hmac-256-256']))
    .option('--scenario <name>', 'sensor: what goes wrong with it; default: steady')
    .option('--username <name>', 'sensor, mqtt: its name at the broker')
    .option('--password-file <file>', 'sensor, mqtt: its password there')
    .addHelpText('after', EXAMPLE);
  addJsonOption(command).action(async (options: Options) => {
    if (options.profiles === true) {
      const { showProfiles } = await import('../sim/profile.js');
      io.stdout.write(showProfiles());
      return finish(EXIT.done);
    }
    const { invitation, port, pty, profile, url, folder, to, count, seed, phones = 1 } = options;
    const stop = new AbortController();
    void stopSignal(process, silentLogger).then(() => stop.abort());
    const intervalMs = options.interval * 1000;
    const isJson = options.json === true;
    const common = { port, pty, profile, url, folder, seed, count, intervalMs, json: isJson, signal: stop.signal };
    if (options.device !== undefined) {
      const sensor = await readSensorOptions({ ...options, device: options.device }, io);
      const { simulateSensor } = await import('../sim/simulate-sensor.js');
      await simulateSensor(io, { ...common, ...sensor });
      return finish(EXIT.done);
    }
    const { transport = 'serial' } = options;
    if (transport === 'mqtt') throw new WaypostError('ERR_USAGE', 'mqtt is for sensors: --device');
    if (invitation === undefined) throw new WaypostError('ERR_USAGE', 'whose device is it? --invitation URL');
    const { simulate } = await import('../sim/simulate.js');
    if (phones > 1) {
      if (!transport.startsWith('ble')) throw new WaypostError('ERR_USAGE', '--phones is for ble and ble-dif');
      if (to !== undefined) throw new WaypostError('ERR_USAGE', '--phones write to each other, not --to somebody');
    }
    await simulate(io, { ...common, transport, invitation, to, phones });
    finish(EXIT.done);
  });
};
