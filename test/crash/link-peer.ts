import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPartialFiles } from '../../src/link/node/partial-files.js';
import { linkTransportOf } from '../support/link-stations.js';
import { socketLinks } from './socket-links.js';

/* One side of a transfer, as a process: sends a file until it was accepted, or takes messages and notes their hashes. */

export interface LinkPeerOptions {
  readonly role: 'sender' | 'receiver';
  readonly port: number;
  readonly messagePath: string;
  readonly partialsFolder: string;
  /** The file that a line is appended to when a message was accepted, here or there. */
  readonly eventsPath: string;
}

const options = JSON.parse(readFileSync(0, 'utf8')) as LinkPeerOptions;
const clock = { nowMs: () => Date.now() };
const transport = await linkTransportOf(socketLinks, {
  partials: await openPartialFiles({ folder: options.partialsFolder, clock }),
  stationId: new Uint8Array(16).fill(options.role === 'sender' ? 1 : 2),
});

const say = (line: string) => appendFileSync(options.eventsPath, `${line}\n`);

async function send(): Promise<void> {
  const message = readFileSync(options.messagePath);
  for (;;) {
    try {
      await using channel = await transport.dial(`socket:${options.port}`);
      await channel.send(message);
      say('sent');
      return;
    } catch {
      await sleep(20);
    }
  }
}

async function receive(): Promise<void> {
  const listener = await transport.listen(`socket:${options.port}`);
  process.stdout.write('listening\n');
  for await (const channel of listener) {
    void (async () => {
      for await (const arrival of channel) {
        say(`received ${createHash('sha256').update(arrival.bytes).digest('hex')}`);
        await arrival.accept().catch(() => undefined);
      }
    })();
  }
}

if (options.role === 'sender') await send();
else await receive();
