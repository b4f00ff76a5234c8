import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { DeviceClock } from '../../core/clock.js';
import { silentLogger } from '../../core/logger.js';
import { createScheduler } from '../../core/scheduler.js';
import { createNodePrimitives } from '../../crypto/node.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { Counters } from '../admin/counters.js';
import { loadConfig } from '../config/load.js';
import { initialise } from '../data-folder/initialise.js';
import { dataFolder } from '../data-folder/layout.js';
import { createDeviceClock } from '../device-clock.js';
import { invitationUrl } from '../identity/invitation.js';
import { createMachine } from '../machine.js';
import { createCorrespondent } from '../mailbox/correspondent.js';
import { type Mailbox, openMailbox } from '../mailbox/open-mailbox.js';
import { ensureRegistered } from '../mailbox/register.js';
import { Seen } from '../mailbox/seen.js';
import { localUrl } from '../public-url.js';
import type { Cleanup } from '../run/cleanup.js';
import { type RunningGateway, runGateway } from '../run/running-gateway.js';
import { type DemoRadio, openDemoRadio } from './radio.js';
import { type DemoLine, openDemoLine } from './serial-line.js';

/** A phone of the demo: everything that somebody's agent would have. */
export interface Phone {
  readonly mailbox: Mailbox;
  readonly correspondent: Correspondent;
  readonly seen: Seen;
}

export interface Stage {
  readonly running: RunningGateway;
  readonly invitation: string;
  readonly gatewayDid: string;
  /** For what the demo writes. */
  readonly root: string;
  readonly clock: DeviceClock;
  /** For a device without network. */
  readonly line: DemoLine;
  /** For phones without network; undefined where Bluetooth cannot be simulated. */
  readonly radio: DemoRadio | undefined;
  addPhone(name: string): Promise<Phone>;
  /** Stops the gateway and starts it again on its data folder and port. */
  restart(): Promise<void>;
}

/** A gateway and phones in a folder of their own, which `cleanup` removes; over real sockets on loopback. */
export async function setStage(cleanup: Cleanup): Promise<Stage> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'waypost-demo-'));
  cleanup.defer(() => rm(root, { recursive: true, force: true }));
  const clock = await createDeviceClock({ machine: createMachine(), scheduler: createScheduler(), trust: 'always' });
  cleanup.defer(() => clock[Symbol.dispose]());
  const folder = dataFolder(path.join(root, 'gateway'));
  const publicUrls = [localUrl(os.hostname())];
  const { identity } = await initialise(folder, {
    primitives: createNodePrimitives(),
    publicUrls,
    passphrase: undefined,
  });
  const line = await openDemoLine(root, cleanup);
  const radio = await openDemoRadio(cleanup);
  const media = {
    ...(line.openPort === undefined ? {} : { openSerialPort: line.openPort }),
    ...(radio === undefined ? {} : { bluetoothPackages: radio.packages }),
  };
  const links = radio === undefined ? [line.gateway] : [line.gateway, 'ble:'];
  const open = async (listen: string): Promise<RunningGateway> => {
    const flags = [
      { flag: 'demo', path: 'http.listen', value: listen },
      { flag: 'demo', path: 'links.listen', value: links },
    ];
    const { config } = await loadConfig({ flags });
    return runGateway({ folder, config, identity, clock, logger: silentLogger, counters: new Counters(), ...media });
  };
  let running = await open('127.0.0.1:0');
  cleanup.defer(() => running[Symbol.asyncDispose]());
  const invitation = invitationUrl(identity, { addresses: running.addresses });
  return {
    get running() {
      return running;
    },
    invitation,
    gatewayDid: identity.current.did,
    root,
    clock,
    line,
    radio,
    addPhone: (name) => addPhone(path.join(root, name), invitation, clock, cleanup),
    async restart() {
      const listen = new URL(running.addresses[0] ?? '').host;
      await running[Symbol.asyncDispose]();
      running = await open(listen);
    },
  };
}

/** Somebody with a mailbox at the gateway that invites, in a folder of their own. */
export async function addPhone(
  folder: string,
  invitation: string,
  clock: DeviceClock,
  cleanup: Cleanup,
): Promise<Phone> {
  const common = { allowAddress: [], clock, scheduler: createScheduler(), logger: silentLogger };
  const made = await openMailbox(dataFolder(folder), undefined, invitation);
  const mailbox = await ensureRegistered(made, undefined, common);
  const correspondent = cleanup.use(await createCorrespondent({ ...common, mailbox }));
  return { mailbox, correspondent, seen: await Seen.open(mailbox.folder) };
}
