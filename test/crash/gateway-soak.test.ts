import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openLineToCut } from '../../firmware-sim/line-to-cut.js';
import { Agent, countFor, enrol } from '../support/agent.js';
import { buildProgram } from '../support/daemon.js';
import { DeliveryLedger } from '../support/delivery-ledger.js';
import { type ClientOptions, emptyMailbox, pollMailbox } from '../support/honest-clients.js';
import type { Remote } from '../support/over-http.js';
import { Place } from '../support/place.js';
import { chooseSeed, randomFrom } from './random.js';

const SOAK_MS = Number(process.env.WAYPOST_SOAK_SECONDS ?? 12) * 1000;
const SETTLE_MS = 60_000;

/** What one phone still has to send, and where. */
interface Letter {
  readonly text: string;
  readonly packed: string;
  readonly to: Place;
}

it(
  `two phones that are never there together, ${SOAK_MS / 1000} s of kills and cuts: each message arrives, and once`,
  async ({ annotate }) => {
    const seed = chooseSeed();
    await annotate(`WAYPOST_SEED=${seed}`);
    const random = randomFrom(seed);
    const folder = await mkdtemp(join(tmpdir(), 'waypost-soak-'));
    const program = buildProgram();
    const limits = { LIMITS_REQUESTS_PER_SECOND: 10_000, LIMITS_REQUESTS_BURST: 10_000 };
    await using backhaul = await openLineToCut(() => city.port);
    const args = ['--public-url', `http://127.0.0.1:${backhaul.port}`];
    await using city = new Place(program, join(folder, 'city'), { settings: limits, args });
    const { did: cityDid } = await city.up();
    const upstreams = JSON.stringify([{ did: cityDid }]);
    await using field = new Place(program, join(folder, 'field'), { settings: { ...limits, UPSTREAMS: upstreams } });
    const { did: fieldDid } = await field.up();

    const ledger = new DeliveryLedger();
    const phones = [new Agent(), new Agent()] as const;
    const outboxes = new Map<Agent, Letter[]>(phones.map((phone) => [phone, []]));
    for (const phone of phones) expect(await enrol(phone, field.remote as Remote)).toEqual(['success']);
    const clientUntil = (isOver: () => boolean): ClientOptions => ({
      ledger,
      random,
      gateway: () => field.remote,
      isOver,
    });

    let letters = 0;
    /** Writes to the other one: to the field gateway, to the one in the city, or, to be sure, to both. */
    const write = async (from: Agent, to: Agent) => {
      const text = `letter ${letters++}`;
      ledger.sent(text);
      const inner = await from.pack(
        { type: 'https://didcomm.org/basicmessage/2.0/message', body: { content: text } },
        to.did,
      );
      const ways = random() < 0.2 ? [field, city] : [random() < 0.5 ? field : city];
      for (const way of ways) {
        const packed = await from.wrap([inner], to.did, way === field ? fieldDid : cityDid);
        outboxes.get(from)?.push({ text, packed, to: way });
      }
    };
    /** Posts what waits in the phone; what was not answered stays, and is posted again on the next visit. */
    const post = async (phone: Agent) => {
      for (const letter of outboxes.get(phone)?.splice(0) ?? []) {
        const answer = await letter.to.remote?.posts.post(letter.packed).catch(() => undefined);
        if (answer?.status === 202) ledger.accepted(letter.text);
        else outboxes.get(phone)?.push(letter);
      }
    };
    const visit = async (phone: Agent, other: Agent, visitMs: number, writes: number) => {
      const endMs = performance.now() + visitMs;
      const polling = pollMailbox(
        phone,
        clientUntil(() => performance.now() > endMs),
      );
      for (let n = 0; n < writes; n++) await write(phone, other);
      await post(phone);
      await polling;
    };

    let isOver = false;
    const trouble = (async () => {
      while (!isOver) {
        await sleep(200 + random() * 1500);
        const kind = random();
        if (kind < 0.3) backhaul.cut();
        else if (kind < 0.6) backhaul.restore();
        else {
          const place = kind < 0.85 ? field : city;
          await place.kill();
          await sleep(random() * 500);
          await place.up();
        }
      }
    })();
    const endMs = performance.now() + SOAK_MS;
    const [ann, ben] = phones;
    for (let turn = 0; performance.now() < endMs; turn++) {
      const [here, away] = turn % 2 === 0 ? [ann, ben] : [ben, ann];
      await visit(here, away, 200 + random() * 800, Math.floor(random() * 8));
    }
    isOver = true;
    await trouble;
    backhaul.restore();

    const settledMs = performance.now() + SETTLE_MS;
    const isSettled = () => ledger.missing().length === 0 && [...outboxes.values()].flat().length === 0;
    for (let turn = 0; !isSettled() && performance.now() < settledMs; turn++) {
      await visit(turn % 2 === 0 ? ann : ben, turn % 2 === 0 ? ben : ann, 500, 0);
    }
    await sleep(1000); // in which a second copy of something would come
    for (const phone of phones) {
      await emptyMailbox(
        phone,
        field.remote as Remote,
        clientUntil(() => false),
      );
      expect(await countFor(phone, field.remote as Remote)).toBe(0);
    }
    await annotate(`${letters} letters; field killed ${field.kills} times, city ${city.kills} times`);
    expect([...outboxes.values()].flat().map(({ text }) => text)).toEqual([]);
    expect(ledger.problems(), `seed ${seed}`).toEqual([]);
    expect(ledger.receivedCount).toBe(letters);
    await Promise.all([field.kill(), city.kill()]);
    await program.remove();
    await rm(folder, { recursive: true });
  },
  SOAK_MS + 2 * SETTLE_MS,
);
