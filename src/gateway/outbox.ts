import { fromUtf8, utf8 } from '../core/bytes.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Registry } from '../protocols/mediation/registry.js';
import type { Sender } from '../protocols/protocol.js';
import type { ReplayGuard } from '../protocols/replay-guard.js';
import type { Bell } from '../router/bell.js';
import { outboundTo } from '../router/destination.js';
import type { Forwarder } from '../router/forwarder.js';
import type { MessageStore, NewMessage, Operation, Priority, QueuedMessage } from '../store/message-store.js';
import type { Outgoing } from './packer.js';

interface OutboxOptions {
  readonly store: Pick<MessageStore, 'list' | 'acknowledge' | 'status' | 'transact'>;
  readonly registry: Registry;
  readonly replays: ReplayGuard;
  readonly primitives: Primitives;
  readonly deposited: Bell;
  readonly forwarder: Pick<Forwarder, 'wake'>;
}

/** What a message in an outbound queue says about itself, kept as its metadata. */
interface OutboundNote {
  /** The id of the message, for the ACK; missing for somebody else's, whose id is not known here. */
  readonly id?: string;
  /** The recipient as it spells itself: other mediators know it by no other name. */
  readonly to: string;
}

/** What queues a message, and what tells those who wait for it afterwards. */
interface Placed {
  readonly operations: readonly Operation[];
  announce(): void;
}

/** A longer DID is written in its canonical form, or the note would not fit. */
const MAX_SPELLED_CHARS = 2000;
/** Messages for one recipient that an ACK is looked for in. */
const SEARCHED = 200;

/** Our own messages to somebody who is not on the line: they wait in his mailbox here, or to be pushed to him. */
export class Outbox {
  readonly #options: OutboxOptions;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /**
   * The answer to the message `requestId`; durable when it resolves. `depositor` is counted for it: whoever caused it.
   * Somebody who is served here gets one answer to a request, however often it is repeated. Throws what `put` throws.
   */
  async put(outgoing: Outgoing, to: Sender, depositor: string, requestId: string): Promise<void> {
    const { store, registry, replays } = this.#options;
    const mailbox = await registry.destinationOf(to.did);
    const { operations, announce } = this.#place(outgoing, to, depositor, mailbox, 'normal');
    const putOnce = async (remember: readonly Operation[]): Promise<void> => {
      await store.transact([...operations, ...remember]);
    };
    // Strangers are not remembered: there is no end of them.
    if (mailbox === undefined && !(await registry.hasAccount(to.did))) await putOnce([]);
    else await replays.once(to.did, `answer to ${requestId}`, putOnce, async () => {});
    announce();
  }

  /**
   * What queues a message that answers nothing, for somebody else's transaction. It is urgent: what it is made of leaves the
   * store with it, and a full store must be able to empty itself.
   */
  async place(outgoing: Outgoing, to: Sender, depositor: string): Promise<Placed> {
    return this.#place(outgoing, to, depositor, await this.#options.registry.destinationOf(to.did), 'expedited');
  }

  /** How many messages wait for somebody (canonical DID). */
  async waiting(did: string): Promise<number> {
    const { store, registry } = this.#options;
    const mailbox = await registry.destinationOf(did);
    return (await store.status(mailbox?.queue ?? outboundTo(did))).messages;
  }

  #place(
    outgoing: Outgoing,
    to: Sender,
    depositor: string,
    mailbox: Awaited<ReturnType<Registry['destinationOf']>>,
    priority: Priority,
  ): Placed {
    const { primitives, deposited, forwarder } = this.#options;
    const content = outgoing.packed;
    const common = { depositor, content, contentHash: primitives.sha256(content) };
    if (mailbox !== undefined) {
      const message: NewMessage = { ...common, destination: mailbox.queue, priority };
      const operations = [mailbox.condition, { kind: 'put', message } as const];
      return { operations, announce: () => deposited.ring(message.destination) };
    }
    const destination = outboundTo(to.did);
    const message: NewMessage = { ...common, destination, priority: 'expedited', metadata: noteFor(outgoing, to) };
    return { operations: [{ kind: 'put', message }], announce: () => forwarder.wake(destination) };
  }

  /** `sender` says that it has these messages (DIDComm v2.1, "ACKs"). */
  async acknowledged(sender: Sender, messageIds: readonly string[]): Promise<void> {
    const destinations = [outboundTo(sender.did)];
    const queued = await this.#options.store.list({ destinations, limitMessages: SEARCHED });
    const isAcknowledged = (message: QueuedMessage): boolean => {
      const id = readNote(message)?.id;
      return id !== undefined && messageIds.includes(id);
    };
    const ids = queued.filter(isAcknowledged).map(({ id }) => id);
    if (ids.length > 0) await this.#options.store.acknowledge(ids, destinations);
  }
}

/** `outgoing` is undefined for somebody else's message. */
export function noteFor(outgoing: Outgoing | undefined, to: Sender): Uint8Array {
  const spelled = to.spelledAs.length <= MAX_SPELLED_CHARS ? to.spelledAs : to.did;
  const note: OutboundNote = { ...(outgoing === undefined ? {} : { id: outgoing.id }), to: spelled };
  return utf8(JSON.stringify(note));
}

export function readNote({ metadata }: QueuedMessage): OutboundNote | undefined {
  return metadata.length === 0 ? undefined : (JSON.parse(fromUtf8(metadata)) as OutboundNote);
}
