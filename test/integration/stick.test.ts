import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { WaypostError } from '../../src/core/errors.js';
import type { MessageFolder } from '../../transports/index.js';
import { Agent, acknowledge, countFor, enrol, fetchFor, PICKUP3, textsOf } from '../support/agent.js';
import { openStation, type Station, type StationOptions } from '../support/station.js';
import { exportFrom, importInto, messagesOn, newStick, StickReader, type Wrap } from '../support/stick.js';

async function open(options: StationOptions = {}): Promise<Station> {
  return openStation(options);
}

/** Texts from `sender` for `recipient`, left at the station as a forward that anybody could have sent. */
async function leave(station: Station, sender: Agent, recipient: Agent, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    const posted = await station.posts.post(await sender.packForward(text, recipient.did, station.did));
    expect(posted.outcome).toBe('accepted');
  }
}

/** What `agent` gets at a station, acknowledged. */
async function collect(agent: Agent, station: Station): Promise<unknown[]> {
  const delivered = await fetchFor(agent, station, { limit: 100 });
  await acknowledge(
    agent,
    station,
    delivered.map(({ id }) => id),
  );
  return textsOf(agent, delivered);
}

const waiting = async ({ store }: Station): Promise<number> => (await store.size()).messages;

describe('a stick that goes round between two gateways', () => {
  test('delivers once, however often it does, and is empty in the end', async () => {
    await using b = await open();
    await using a = await open({ relay: { neighbours: [b.did] } });
    const [sender, anna] = [new Agent(), new Agent()];
    await enrol(anna, a);
    await enrol(anna, b);
    await leave(a, sender, anna, 'one', 'two');
    // And one that was sent to the other gateway: a forward in a forward.
    const forB = await sender.packForward('three', anna.did, b.did);
    expect((await a.posts.post(await sender.wrap([forB], b.did, a.did))).outcome).toBe('accepted');
    const stick = await newStick();

    expect(await exportFrom(a, stick)).toEqual({ written: 3, present: 0, removed: 0 });
    expect(await exportFrom(a, stick)).toEqual({ written: 0, present: 3, removed: 0 });
    expect(await importInto(b, stick)).toMatchObject({ stored: 2, handled: 1, receipts: 1, removed: 1, skipped: [] });
    expect(await importInto(b, stick)).toMatchObject({ stored: 0, duplicates: 2, handled: 0 });
    expect(await waiting(a)).toBe(3); // nobody has acknowledged anything to it

    expect(await importInto(a, stick)).toMatchObject({ removed: expect.any(Number), skipped: [] });
    expect(await waiting(a)).toBe(0);
    expect(await messagesOn(stick)).toEqual([]);
    for (let round = 0; round < 2; round++) {
      expect(await exportFrom(a, stick)).toEqual({ written: 0, present: 0, removed: 0 });
      expect(await importInto(b, stick)).toMatchObject({ stored: 0, duplicates: 0, handled: 0, receipts: 0 });
      expect(await importInto(a, stick)).toMatchObject({ stored: 0, duplicates: 0, handled: 0, receipts: 0 });
    }
    expect((await collect(anna, b)).sort()).toEqual(['one', 'three', 'two']);
    expect(await countFor(anna, a)).toBe(0);
  });

  test('lets nothing be deleted by a gateway that was not named, and does not grow', async () => {
    await using b = await open();
    await using a = await open();
    const [sender, anna] = [new Agent(), new Agent()];
    await enrol(anna, a);
    await enrol(anna, b);
    await leave(a, sender, anna, 'one');
    const stick = await newStick();
    const sizes: number[] = [];
    for (let round = 0; round < 3; round++) {
      await exportFrom(a, stick);
      await importInto(b, stick);
      await importInto(a, stick);
      sizes.push((await messagesOn(stick)).length);
    }
    expect(sizes).toEqual([1, 1, 1]);
    expect(await waiting(a)).toBe(1);
    // Anna gets it at one of them, and the other one again: her own word is what counts.
    expect(await collect(anna, b)).toEqual(['one']);
    expect(await collect(anna, a)).toEqual(['one']);
    expect(await exportFrom(a, stick)).toEqual({ written: 0, present: 0, removed: 1 });
    expect(await messagesOn(stick)).toEqual([]);
  });

  test('is shared: each takes and removes only what is its business', async () => {
    await using a = await open();
    await using b = await open();
    const [sender, anna, ben] = [new Agent(), new Agent(), new Agent()];
    await enrol(anna, a);
    await enrol(ben, b);
    await leave(a, sender, anna, 'for anna');
    await leave(b, sender, ben, 'for ben');
    const stick = await newStick();
    await exportFrom(a, stick);
    await exportFrom(b, stick);
    expect(await importInto(a, stick)).toMatchObject({ stored: 0, others: 1, removed: 0 });
    const [readerA, readerB] = [new StickReader(anna), new StickReader(ben)];
    expect(await readerA.read(stick)).toMatchObject({ handled: 1, receipts: 1, others: 1 });
    expect(await readerB.read(stick)).toMatchObject({ handled: 1, receipts: 1, others: 1 });
    await importInto(a, stick);
    await importInto(b, stick);
    expect([readerA.texts, readerB.texts]).toEqual([['for anna'], ['for ben']]);
    expect([await waiting(a), await waiting(b)]).toEqual([0, 0]);
    expect(await messagesOn(stick)).toEqual([]);
  });

  test('brings what is for an upstream, and with permission for anybody who can be reached', async () => {
    await using far = await open({ address: 'memory:far' });
    await using a = await open({ relay: { neighbours: [far.did] } });
    const sender = new Agent();
    const inner = await sender.packForward('x', sender.did, far.did);
    expect((await a.posts.post(await sender.wrap([inner], far.did, a.did))).outcome).toBe('accepted');
    const stick = await newStick();
    await exportFrom(a, stick);
    await using stranger = await open();
    expect(await importInto(stranger, stick)).toMatchObject({ stored: 0, others: 1 });
    await using neighbour = await open({ relay: { neighbours: [far.did] } });
    expect(await importInto(neighbour, stick)).toMatchObject({ stored: 1, others: 0 });
    await using reaching = await open({ memory: far.memory });
    // The message, and what the neighbour acknowledged of it.
    expect(await importInto(reaching, stick)).toMatchObject({ stored: 0, others: 2 });
    expect(await importInto(reaching, stick, { isForAnybody: true })).toMatchObject({ stored: 2, others: 0 });
  });
});

describe('a stick in bad hands', () => {
  test('has nothing deleted by a receipt of somebody else', async () => {
    await using a = await open();
    const [sender, anna, mallory] = [new Agent(), new Agent(), new Agent()];
    await enrol(anna, a);
    await enrol(mallory, a);
    await leave(a, sender, anna, 'one');
    await leave(a, sender, mallory, 'bait');
    const stick = await newStick();
    await exportFrom(a, stick, { only: (await a.store.destinations({ limit: 1 }))[0]?.destination ?? '' });
    await exportFrom(a, stick);
    const hashes = await Promise.all(
      (await messagesOn(stick)).map(async (name) => {
        const content = await readFile(path.join(stick, name));
        return Buffer.from(await crypto.subtle.digest('SHA-256', content)).toString('hex');
      }),
    );
    const forged = { type: `${PICKUP3}/messages-received`, body: { message_id_list: hashes } };
    await writeFile(path.join(stick, '0000000000--forged.dcem'), await mallory.pack(forged, a.did));
    expect(await importInto(a, stick)).toMatchObject({ handled: 1 });
    expect(await countFor(anna, a)).toBe(1);
    expect(await countFor(mallory, a)).toBe(0); // that was hers to give up
  });

  test('has only that acknowledged which was really read, and is mended by the next export', async () => {
    await using a = await open();
    const [sender, anna] = [new Agent(), new Agent()];
    await enrol(anna, a);
    await leave(a, sender, anna, 'one', 'two');
    const stick = await newStick();
    await exportFrom(a, stick);
    const [first = '', second = ''] = await messagesOn(stick);
    // The first is replaced by a copy of the second: whoever goes by names would acknowledge both.
    await writeFile(path.join(stick, first), await readFile(path.join(stick, second)));
    const reader = new StickReader(anna);
    await reader.read(stick);
    await importInto(a, stick);
    expect(reader.texts).toEqual(['two']);
    expect(await waiting(a)).toBe(1);
    expect(await exportFrom(a, stick)).toMatchObject({ written: 1 });
    const [again = ''] = await messagesOn(stick);
    await writeFile(path.join(stick, again), '{"half');
    expect(await reader.read(stick)).toMatchObject({ skipped: [{ code: 'ERR_JSON_MALFORMED' }] });
    expect(await exportFrom(a, stick)).toEqual({ written: 1, present: 0, removed: 0 });
    await reader.read(stick);
    await importInto(a, stick);
    expect(reader.texts).toEqual(['two', 'one']);
    expect(await waiting(a)).toBe(0);
  });

  test('with a station file that lies, or none, has messages taken and not acknowledged', async () => {
    await using a = await open();
    const [sender, anna, mallory] = [new Agent(), new Agent(), new Agent()];
    await enrol(anna, a);
    await leave(a, sender, anna, 'one');
    const stick = await newStick();
    await exportFrom(a, stick);
    const [message = ''] = await messagesOn(stick);
    const station = `waypost-${message.split('-')[2]}.json`;
    const truth = await readFile(path.join(stick, station));
    const reader = new StickReader(anna);
    for (const lie of [JSON.stringify({ did: mallory.did }), '{', `{"did":"${'x'.repeat(20_000)}"}`]) {
      await writeFile(path.join(stick, station), lie);
      expect(await reader.read(stick)).toMatchObject({
        receipts: 0,
        removed: 0,
        skipped: [{ code: 'ERR_FILE_REFUSED' }],
      });
    }
    await rename(path.join(stick, station), path.join(stick, 'gone'));
    expect(await reader.read(stick)).toMatchObject({ receipts: 0, removed: 0 });
    await writeFile(path.join(stick, station), truth);
    expect(await reader.read(stick)).toMatchObject({ receipts: 1, removed: 1 });
    expect(reader.texts).toEqual(['one']);
  });
});

describe('a stick that is pulled out', () => {
  /** Fails from the `nth` time on that something is written, synced or removed. */
  function pulledOutAt(nth: number): { wrap: Wrap; wasPulled: () => boolean } {
    let left = nth;
    const step = <A extends unknown[], R>(run: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        if (--left < 0) throw new WaypostError('ERR_MEDIUM', 'pulled out', { retryable: true });
        return run(...args);
      };
    };
    const wrap: Wrap = (folder) => ({
      path: folder.path,
      list: () => folder.list(),
      read: (file) => folder.read(file),
      readBeside: (name, limit) => folder.readBeside(name, limit),
      setAside: (file) => folder.setAside(file),
      write: step<Parameters<MessageFolder['write']>, Awaited<ReturnType<MessageFolder['write']>>>((label, message) =>
        folder.write(label, message),
      ),
      writeBeside: step<[string, Uint8Array], void>((name, content) => folder.writeBeside(name, content)),
      remove: step<[{ name: string }], void>((file) => folder.remove(file)),
      sync: step<[], void>(() => folder.sync()),
      [Symbol.asyncDispose]: async () => void (await folder[Symbol.asyncDispose]()),
    });
    return { wrap, wasPulled: () => left < 0 };
  }

  test('at any moment loses nothing and doubles nothing', async () => {
    const broken = async (run: (wrap: Wrap) => Promise<unknown>, nth: number): Promise<boolean> => {
      const { wrap, wasPulled } = pulledOutAt(nth);
      const failure = await run(wrap).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure === undefined || (failure as WaypostError).code === 'ERR_MEDIUM').toBe(true);
      return wasPulled();
    };
    let wasPulled = true;
    let nth = 0;
    for (; wasPulled; nth++) {
      await using b = await open();
      await using a = await open({ relay: { neighbours: [b.did] } });
      const [sender, anna, ben] = [new Agent(), new Agent(), new Agent()];
      await enrol(anna, a);
      await enrol(ben, a);
      await enrol(ben, b);
      await leave(a, sender, anna, 'one', 'two');
      await leave(a, sender, ben, 'three');
      const stick = await newStick();
      const reader = new StickReader(anna);
      wasPulled = await broken((wrap) => exportFrom(a, stick, { wrap }), nth);
      await exportFrom(a, stick);
      wasPulled = (await broken((wrap) => reader.read(stick, wrap), nth)) || wasPulled;
      await reader.read(stick);
      wasPulled = (await broken((wrap) => importInto(b, stick, { wrap }), nth)) || wasPulled;
      await importInto(b, stick);
      wasPulled = (await broken((wrap) => importInto(a, stick, { wrap }), nth)) || wasPulled;
      await importInto(a, stick);
      expect(reader.texts, `pulled out at ${nth}`).toEqual(['one', 'two']);
      expect(await collect(ben, b), `pulled out at ${nth}`).toEqual(['three']);
      expect(await waiting(a), `pulled out at ${nth}`).toBe(0);
      expect(await messagesOn(stick), `pulled out at ${nth}`).toEqual([]);
    }
    expect(nth).toBeGreaterThan(5);
  });
});
