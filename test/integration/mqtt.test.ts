import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Address } from '../../src/transport/transport.js';
import { Agent, enrol, fetchFor, textsOf } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { describeMosquitto } from '../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js';
import { rawClient } from '../support/mqtt-raw.js';
import { mqttTransport } from '../support/mqtt-transport.js';
import { overHttp } from '../support/over-http.js';
import { testFolder } from '../support/processes.js';

/** The shipped gateway behind a broker, with a durable store: whatever dies, nothing is lost, and everything is there once. */
const TOPIC = 'didcomm/gateway/in';
const MESSAGES = 60;

describeMosquitto('a gateway behind Mosquitto', () => {
  let program: Program;
  let broker: Mosquitto;
  beforeAll(async () => {
    program = buildProgram();
    broker = await startMosquitto('max_queued_messages 0');
  }, 60_000);
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
    await program.remove();
  });

  const start = (folder: string): Promise<Daemon> =>
    startDaemon(program, folder, { settings: { MQTT_LISTEN: `${broker.origin}/${TOPIC}`, LOG_LEVEL: 'info' } });

  const isConnected = async ({ log }: Daemon, times = 1) =>
    vi.waitFor(() => expect(log.filter(({ event }) => event === 'mqtt.connected')).toHaveLength(times), 10_000);

  const texts = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);

  /** Everything in the mailbox of an agent, in the words of the senders. */
  async function fetchAll(agent: Agent, daemon: Daemon): Promise<unknown[]> {
    return textsOf(agent, await fetchFor(agent, overHttp(daemon), { limit: 1000 }));
  }

  test('takes forwards from a topic, and says whether it is there', async () => {
    const folder = await testFolder();
    const daemon = await start(folder);
    const agent = new Agent();
    await enrol(agent, overHttp(daemon));
    const states: string[] = [];
    await using watcher = await rawClient(broker.origin);
    watcher.client.on('message', (_topic, payload) => states.push(String(payload)));
    await watcher.client.subscribeAsync('didcomm/gateway/status', { qos: 1 });
    await watcher.publish(TOPIC, await new Agent().packForward('hello', agent.did, daemon.did));
    await vi.waitFor(async () => expect(await fetchAll(agent, daemon)).toEqual(['hello']), 5000);
    expect(await daemon.stop()).toBe(0);
    await vi.waitFor(() => expect(states).toEqual(['online', 'offline']));
    const killed = await start(folder);
    await isConnected(killed);
    await killed.kill();
    await vi.waitFor(() => expect(states).toEqual(['online', 'offline', 'online', 'offline']));
    await rm(folder, { recursive: true });
  }, 20_000);

  test('loses nothing when it is killed between a PUBLISH and its PUBACK', async () => {
    const folder = await testFolder();
    let daemon = await start(folder);
    const agent = new Agent();
    await enrol(agent, overHttp(daemon));
    const sender = new Agent();
    const packed = await Promise.all(texts.map((text) => sender.packForward(text, agent.did, daemon.did)));
    await using raw = await rawClient(broker.origin);
    for (let at = 0; at < packed.length; at += 20) {
      const sending = Promise.all(packed.slice(at, at + 20).map((each) => raw.publish(TOPIC, each)));
      await sleep(at / 10);
      await daemon.kill();
      expect(await sending).toEqual(Array(20).fill(0));
      daemon = await start(folder);
    }
    const arrived = async () => expect((await fetchAll(agent, daemon)).toSorted()).toEqual(texts.toSorted());
    await vi.waitFor(arrived, { timeout: 10_000, interval: 100 });
    await daemon.kill();
    await rm(folder, { recursive: true });
  }, 30_000);

  test('comes back to a broker that was killed, and a sender that got no answer sends again', async () => {
    const folder = await testFolder();
    const daemon = await start(folder);
    const agent = new Agent();
    await enrol(agent, overHttp(daemon));
    await using transport = await mqttTransport();
    const address = `${broker.origin}/${TOPIC}` as Address;
    const sender = new Agent();
    const send = async (text: string, index: number): Promise<void> => {
      const packed = Buffer.from(await sender.packForward(text, agent.did, daemon.did));
      if (index % 10 === 9) await sleep(100);
      for (;;) {
        try {
          await using channel = await transport.dial(address);
          await channel.send(packed);
          // The broker keeps in memory what it acknowledged, so only the gateway's word counts.
          const has = async () => expect(await fetchAll(agent, daemon)).toContain(text);
          await vi.waitFor(has, { timeout: 1000, interval: 50 });
          return;
        } catch {
          await sleep(50);
        }
      }
    };
    const sending = Promise.all(texts.slice(0, 20).map(send));
    await sleep(150);
    await broker.kill();
    await sleep(100);
    await broker.start();
    await sending;
    expect((await fetchAll(agent, daemon)).toSorted()).toEqual(texts.slice(0, 20).toSorted());
    await isConnected(daemon, 2);
    await daemon.kill();
    await rm(folder, { recursive: true });
  }, 30_000);
});
