import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Agent, acknowledge, enrol, fetchFor, textsOf } from '../support/agent.js';
import { runs } from '../support/fuzz.js';
import { newIdentity, openStation, type Station } from '../support/station.js';
import { exportFrom, importInto, newStick } from '../support/stick.js';

/*
 * Three gateways that trust each other, each with a mailbox of the same recipient, and two sticks that go round between them
 * in whatever order. The recipient comes by now and then. However the words of the gateways cross: a message that it has
 * not got is always somewhere.
 */

const STATIONS = 3;
const STICKS = 2;
const TEXTS = ['one', 'two'];

/** Somebody comes to a station with a stick. `collect`: the recipient comes, without one. */
interface Visit {
  readonly acts: readonly ('export' | 'import' | 'collect')[];
  readonly station: number;
  readonly stick: number;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  acts: fc.oneof(
    { weight: 5, arbitrary: fc.constant(['import', 'export'] as const) },
    { weight: 5, arbitrary: fc.constant(['export', 'import'] as const) },
    { weight: 1, arbitrary: fc.constant(['import'] as const) },
    { weight: 1, arbitrary: fc.constant(['collect'] as const) },
  ),
  station: fc.nat(STATIONS - 1),
  stick: fc.nat(STICKS - 1),
});

async function collect(agent: Agent, station: Station): Promise<unknown[]> {
  const delivered = await fetchFor(agent, station, { limit: 100 });
  await acknowledge(
    agent,
    station,
    delivered.map(({ id }) => id),
  );
  return textsOf(agent, delivered);
}

test('a message is never lost between gateways that take custody from each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(visit, { minLength: 4, maxLength: 12 }),
      fc.subarray([0, 1, 2], { minLength: 1 }),
      async (visits, holders) => {
        const identities = Array.from({ length: STATIONS }, () => newIdentity());
        const neighbours = identities.map(({ did }) => did);
        const stations = await Promise.all(
          identities.map((identity) => openStation({ identities: [identity], relay: { neighbours } })),
        );
        const sticks = await Promise.all(Array.from({ length: STICKS }, () => newStick()));
        const [anna, sender] = [new Agent(), new Agent()];
        const at = (index: number): Station => stations[index] as Station;
        for (const station of stations) await enrol(anna, station);
        for (const text of TEXTS) {
          const inner = await sender.pack({ type: 'https://example.org/1.0/text', body: { content: text } }, anna.did);
          for (const holder of holders) {
            await at(holder).posts.post(await sender.wrap([inner], anna.did, at(holder).did));
          }
        }
        const got = new Set<unknown>();
        for (const { acts, station, stick } of visits) {
          const folder = sticks[stick] as string;
          for (const act of acts) {
            if (act === 'export') await exportFrom(at(station), folder);
            else if (act === 'import') await importInto(at(station), folder);
            else for (const text of await collect(anna, at(station))) got.add(text);
          }
        }
        for (const station of stations) for (const text of await collect(anna, station)) got.add(text);
        expect([...got].sort()).toEqual([...TEXTS].sort());
        await Promise.all(stations.map((station) => station[Symbol.asyncDispose]()));
      },
    ),
    runs(30),
  );
}, 120_000);
