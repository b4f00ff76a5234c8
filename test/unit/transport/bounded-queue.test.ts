import { expect, test } from 'vitest';
import { BoundedQueue } from '../../../src/transport/bounded-queue.js';

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

test('push refuses what there is no room for', () => {
  const queue = new BoundedQueue<number>(2);
  expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false]);
  expect(queue.length).toBe(2);
});

test('put waits for room and keeps the order', async () => {
  const queue = new BoundedQueue<number>(1);
  const putting = Promise.all([queue.put(1), queue.put(2), queue.put(3)]).then(() => queue.end());
  expect(await drain(queue)).toEqual([1, 2, 3]);
  await putting;
});

test('put gives up when its signal aborts, and puts nothing', async () => {
  const queue = new BoundedQueue<number>(1);
  queue.push(1);
  const abort = new AbortController();
  const putting = queue.put(2, abort.signal);
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(putting).rejects.toBe(reason);
  queue.end();
  expect(await drain(queue)).toEqual([1]);
});

test('what is there when the queue ends still comes out, and nothing more goes in', async () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  queue.push(2);
  const putting = queue.put(3);
  queue.end();
  await expect(putting).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
  expect(queue.push(4)).toBe(false);
  expect(await drain(queue)).toEqual([1, 2]);
});

test('clear takes out what nobody will take, and ends whoever waits', async () => {
  const queue = new BoundedQueue<number>(2);
  queue.push(1);
  expect(queue.clear()).toEqual([1]);
  expect(await drain(queue)).toEqual([]);
  const waiting = new BoundedQueue<number>(1);
  const next = waiting[Symbol.asyncIterator]().next();
  waiting.clear();
  expect((await next).done).toBe(true);
});

test('leaving a loop early loses nothing', async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) queue.push(item);
  for await (const item of queue) {
    expect(item).toBe(1);
    break;
  }
  queue.end();
  expect(await drain(queue)).toEqual([2, 3]);
});
