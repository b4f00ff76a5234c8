import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openLineToCut } from '../../firmware-sim/line-to-cut.js';
import { enrol } from '../support/agent.js';
import { CollectingAgent } from '../support/collecting-agent.js';
import { buildProgram, type Program } from '../support/daemon.js';
import { describeMosquitto } from '../support/describe-mosquitto.js';
import { startMosquitto } from '../support/mosquitto.js';
import type { Remote } from '../support/over-http.js';
import { Place } from '../support/place.js';
import { FleetSensor } from '../support/sensor-fleet.js';
import { chooseSeed, randomFrom } from './random.js';

/** `npm run test:soak-sensors` gives it longer, and then more devices. */
const SECONDS = Number(process.env.WAYPOST_SOAK_SECONDS ?? 0);
const SOAK_MS = SECONDS > 0 ? SECONDS * 1000 : 5000;
const DEVICES = SECONDS > 0 ? 50 : 12;
const INTERVAL_MS = 100;
/** For what could not leave in the meantime; a slow machine has a lot of it. */
const SETTLE_MS = SECONDS > 0 ? 360_000 : 60_000;
const QUIET_MS = 1000;
const PREFIX = 'site';
const RATES = { LIMITS_REQUESTS_PER_SECOND: 10_000, LIMITS_REQUESTS_BURST: 10_000 };

/** A gateway's data folder that knows the devices. */
async function registered(program: Program, folder: string, fleet: readonly FleetSensor[]): Promise<string> {
  await program.run('init', '--data', folder, '--public-url', 'http://127.0.0.1:1');
  const file = join(folder, 'devices.json');
  await writeFile(file, JSON.stringify(fleet.map(({ id, key }) => ({ id, key }))));
  expect(await program.run('device', 'import', file, '--data', folder)).toMatchObject({ code: 0 });
  return folder;
}

describeMosquitto('a soak of sensors', () => {
  it(
    `${DEVICES} devices, ${1000 / INTERVAL_MS} readings a second each, ${SOAK_MS / 1000} s of kills and cuts: what was acknowledged is at the agent, once and in order`,
    async ({ annotate }) => {
      const seed = chooseSeed();
      await annotate(`WAYPOST_SEED=${seed}`);
      const random = randomFrom(seed);
      const folder = await mkdtemp(join(tmpdir(), 'waypost-sensors-'));
      const program = buildProgram();
      await using broker = await startMosquitto();
      await using backhaul = await openLineToCut(() => city.port);

      const publicUrl = ['--public-url', `http://127.0.0.1:${backhaul.port}`];
      await using city = new Place(program, join(folder, 'city'), { settings: RATES, args: publicUrl });
      const { did: cityDid } = await city.up();
      const collector = new CollectingAgent(cityDid, random);
      expect(await enrol(collector.agent, city.remote as Remote)).toEqual(['success']);

      const fleet = Array.from({ length: DEVICES }, (_, number) => new FleetSensor(number));
      const rule = {
        ...{ name: 'all', agents: [collector.agent.did], deviceUri: 'https://id.example.org/{device}' },
        ...{ batchEvents: 50, batchSeconds: 1 },
      };
      await using field = new Place(program, await registered(program, join(folder, 'field'), fleet), {
        settings: {
          ...RATES,
          MQTT_LISTEN: JSON.stringify([`${broker.origin}/${PREFIX}/device/+/up`]),
          SENSORS_RULES: JSON.stringify([rule]),
        },
        args: ['--allow-address', '127.0.0.0/8'],
      });
      await field.up();

      let isCollected = false;
      const collecting = collector.collect(
        () => city.remote,
        () => isCollected,
      );
      const count = Math.ceil(SOAK_MS / INTERVAL_MS);
      const running = Promise.all(
        fleet.map((device) =>
          device.run(broker.origin, PREFIX, INTERVAL_MS, count, AbortSignal.timeout(SOAK_MS + SETTLE_MS)),
        ),
      );

      const troubles = { broker: 0, backhaul: 0 };
      const endMs = performance.now() + SOAK_MS;
      while (performance.now() < endMs) {
        await sleep(200 + random() * 1300);
        const kind = random();
        if (kind < 0.3) {
          troubles.backhaul++;
          backhaul.cut();
          await sleep(random() * 1000);
          backhaul.restore();
        } else if (kind < 0.6) {
          troubles.broker++;
          await broker.kill();
          await sleep(random() * 500);
          await broker.start();
        } else {
          await field.kill();
          await sleep(random() * 500);
          await field.up();
        }
      }
      await running;
      const acknowledged = fleet.flatMap(({ journal }) => journal.acknowledged);
      const seen = () => new Set(collector.events.map(({ frameHash }) => frameHash));
      const missing = () => acknowledged.filter(({ hash }) => !seen().has(hash)).length;
      await expect.poll(missing, { timeout: SETTLE_MS, interval: 500 }).toBe(0);
      await sleep(QUIET_MS); // in which a second copy of something would come
      isCollected = true;
      await collecting;

      const sum = (of: (device: FleetSensor) => number): number => fleet.reduce((all, device) => all + of(device), 0);
      await annotate(
        `${sum(({ journal }) => journal.taken)} readings, ${sum(({ journal }) => journal.readings)} acknowledged in ${acknowledged.length} frames, ` +
          `${sum(({ journal }) => journal.lost)} lost by devices without flash; ${collector.events.length} events at the agent, ${collector.repeated} of them repeated; ` +
          `killed: field gateway ${field.kills}, broker ${troubles.broker}; backhaul cut ${troubles.backhaul} times`,
      );
      const eventsOf = (id: string) => collector.events.filter(({ device }) => device === id);
      const problems = fleet.flatMap((device) => device.problemsWith(eventsOf(device.id)));
      expect(problems, `seed ${seed}`).toEqual([]);
      // Without flash, a reboot is the only way to lose something.
      expect(fleet.filter(({ journal, sensor }) => journal.lost > 0 && sensor.hasFlash).map(({ id }) => id)).toEqual(
        [],
      );
      await Promise.all([field.kill(), city.kill()]);
      await program.remove();
      await rm(folder, { recursive: true });
    },
    SOAK_MS + 2 * SETTLE_MS,
  );
});
