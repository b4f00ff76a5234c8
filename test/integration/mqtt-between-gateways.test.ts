import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Agent, enrol, fetchFor, textsOf } from '../support/agent.js';
import { buildProgram, type Daemon, type Program, startDaemon } from '../support/daemon.js';
import { describeMosquitto } from '../support/describe-mosquitto.js';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js';
import { overHttp, type Remote } from '../support/over-http.js';
import { testFolder } from '../support/processes.js';
import { newIdentity } from '../support/station.js';

/** Two gateways that meet at a broker and nowhere else, each with somebody who is served there. */
const MESSAGES = 40;
const FORWARD = 'https://didcomm.org/routing/2.0/forward';

/** A gateway that is started, killed and started again, and its agent. */
class Site {
  readonly #program: Program;
  readonly #folder: string;
  readonly #settings: Record<string, string>;
  readonly did: string;
  agent = new Agent();
  #running: { readonly daemon: Daemon; readonly http: Remote } | undefined;

  private constructor(program: Program, folder: string, did: string, settings: Record<string, string>) {
    this.#program = program;
    this.#folder = folder;
    this.#settings = settings;
    this.did = did;
  }

  /** With a DID that leads to its topic. */
  static async prepare(program: Program, broker: Mosquitto, name: string): Promise<Site> {
    const folder = `${await testFolder()}/${name}`;
    const inbox = `${broker.origin}/didcomm/${name}/in`;
    const made = await program.run('init', '--data', folder, '--public-url', inbox);
    expect(made.code, made.stderr).toBe(0);
    const { did } = JSON.parse((await program.run('id', '--data', folder, '--json')).stdout);
    return new Site(program, folder, did, { MQTT_LISTEN: inbox, MQTT_DIAL: 'on', LOG_LEVEL: 'debug' });
  }

  async start(neighbour: Site): Promise<void> {
    const settings = { ...this.#settings, NEIGHBOURS: neighbour.did };
    const daemon = await startDaemon(this.#program, this.#folder, { settings });
    this.#running = { daemon, http: overHttp(daemon) };
  }

  async enrol(): Promise<void> {
    this.agent = new Agent(newIdentity(this.did));
    await enrol(this.agent, this.http);
  }

  get daemon(): Daemon {
    if (this.#running === undefined) throw new Error('it does not run');
    return this.#running.daemon;
  }

  get http(): Remote {
    if (this.#running === undefined) throw new Error('it does not run');
    return this.#running.http;
  }

  /** Gives messages for `to` to the own gateway, as whoever has an account there does. */
  async send(to: Agent, texts: readonly string[]): Promise<void> {
    const { http, agent } = this;
    for (const text of texts) {
      const body = { content: text };
      const inner = await agent.pack({ type: 'https://didcomm.org/basicmessage/2.0/message', body }, to.did);
      const attachments = [{ data: { json: JSON.parse(inner) } }];
      expect((await agent.post(http, { type: FORWARD, body: { next: to.did }, attachments })).outcome).toBe('202');
    }
  }

  /** Messages in the gateway, whoever they are for. */
  async waiting(): Promise<number> {
    const { stdout } = await this.#program.run('status', '--data', this.#folder, '--json');
    return JSON.parse(stdout).store.messages;
  }

  async received(): Promise<unknown[]> {
    return (await textsOf(this.agent, await fetchFor(this.agent, this.http, { limit: 1000 }))).toSorted();
  }
}

describeMosquitto('two gateways that meet only at a broker', () => {
  let program: Program;
  beforeAll(() => {
    program = buildProgram();
  }, 60_000);
  afterAll(() => program.remove());

  const textsFor = (name: string) => Array.from({ length: MESSAGES }, (_, index) => `for ${name}: ${index}`);

  test('pass messages both ways, each once, whatever is killed in the middle', async () => {
    await using broker = await startMosquitto();
    const a = await Site.prepare(program, broker, 'a');
    const b = await Site.prepare(program, broker, 'b');
    await Promise.all([a.start(b), b.start(a)]);
    await Promise.all([a.enrol(), b.enrol()]);
    const [forA, forB] = [textsFor('a'), textsFor('b')];

    const send = (from: number, to: number) =>
      Promise.all([a.send(b.agent, forB.slice(from, to)), b.send(a.agent, forA.slice(from, to))]);
    const sending = send(0, MESSAGES / 2);
    await vi.waitFor(async () => expect((await b.received()).length).toBeGreaterThan(0), 5000);
    await broker.kill();
    await sending;
    await send(MESSAGES / 2, MESSAGES); // what cannot leave, the gateways keep
    expect((await b.received()).length).toBeLessThanOrEqual(MESSAGES / 2);
    await broker.start();
    await vi.waitFor(async () => expect((await b.received()).length).toBeGreaterThan(MESSAGES / 2), 15_000);
    await b.daemon.kill();
    await sleep(100);
    await b.start(a);
    const all = async () => {
      expect(await b.received()).toEqual(forB.toSorted());
      expect(await a.received()).toEqual(forA.toSorted());
    };
    await vi.waitFor(all, { timeout: 30_000, interval: 200 });
    // Each gateway holds what its agent has not fetched for good, and nothing more for the other one.
    const left = async () => expect([await a.waiting(), await b.waiting()]).toEqual([MESSAGES, MESSAGES]);
    await vi.waitFor(left, { timeout: 10_000, interval: 200 });
    await Promise.all([a.daemon.stop(), b.daemon.stop()]);
  }, 90_000);
});
