import { BenchClient, packForwards } from './client.js';
import { type Load, measureLoad, workOn } from './load.js';
import { postAll } from './poster.js';
import type { MeasuredGateway } from './process.js';
import { createUnpacking, type Rate } from './unpacking.js';

/*
 * Machines are noisy, and what disturbs one figure does not disturb the next one. So whatever is compared takes turns in
 * short rounds, and it is the ratios within a round that count.
 */

const CONNECTIONS = 64;
const MAILBOXES = 16;
const ROUNDS = 7;
const FORWARDS_A_ROUND = 1500;
/** Until the compilers are done with the gateway, which takes them some 15,000 forwards. */
const WARM_UP_ROUNDS = 11;
/** Where gateways are compared with each other, it is enough that all are as far. */
const SHORT_WARM_UP_ROUNDS = 2;
const PICKUP = 'https://didcomm.org/messagepickup/3.0';
export const BATCH = 10;

export interface Round {
  readonly unpacking: Rate;
  readonly forwards: Load;
  readonly pickup: Load;
}

/** Opens forwards, has the gateway store as many, and fetches them again, in turns. */
export async function measureWork(gateway: MeasuredGateway): Promise<readonly Round[]> {
  const unpack = createUnpacking();
  const mailboxes = Array.from({ length: MAILBOXES }, () => new BenchClient(gateway.http, gateway.did));
  for (const mailbox of mailboxes) await mailbox.register();
  const dids = mailboxes.map(({ identity }) => identity.did);
  const rounds: Round[] = [];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const unpacking = await unpack(FORWARDS_A_ROUND);
    const forwards = await measureForwards(gateway, dids, FORWARDS_A_ROUND);
    const pickup = await measureLoad(gateway, () => workOn(mailboxes, emptyMailbox));
    if (round >= 0) rounds.push({ unpacking, forwards, pickup });
  }
  for (const mailbox of mailboxes) await mailbox[Symbol.asyncDispose]();
  return rounds;
}

/** The same load on gateways that hold different numbers of messages: the loads of each, round by round. */
export async function measureInTurns(gateways: readonly MeasuredGateway[]): Promise<readonly (readonly Load[])[]> {
  const lanes = [];
  for (const gateway of gateways) {
    const mailbox = new BenchClient(gateway.http, gateway.did);
    await mailbox.register();
    lanes.push({ gateway, mailbox, loads: [] as Load[] });
  }
  for (let round = -SHORT_WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const { gateway, mailbox, loads } of lanes) {
      const load = await measureForwards(gateway, [mailbox.identity.did], FORWARDS_A_ROUND);
      if (round >= 0) loads.push(load);
    }
  }
  for (const { mailbox } of lanes) await mailbox[Symbol.asyncDispose]();
  return lanes.map(({ loads }) => loads);
}

async function measureForwards(gateway: MeasuredGateway, recipients: readonly string[], count: number): Promise<Load> {
  const packed = await packForwards(gateway.did, recipients, count);
  return measureLoad(gateway, () => postAll(gateway.http, packed, CONNECTIONS));
}

/** Fetches and acknowledges until nothing is left; gives how many. */
async function emptyMailbox(client: BenchClient): Promise<number> {
  for (let count = 0; ; ) {
    const { attachments = [] } = await client.request(`${PICKUP}/delivery-request`, { limit: BATCH });
    if (attachments.length === 0) return count;
    await client.tell(`${PICKUP}/messages-received`, { message_id_list: attachments.map(({ id }) => id) });
    count += attachments.length;
  }
}
