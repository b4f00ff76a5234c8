import { isWaypostError, WaypostError } from '../../core/errors.js';
import type { Unpacked } from '../../envelope/unpack.js';
import type { Correspondent } from '../../mailbox/correspondent.js';
import { persistently } from '../../mailbox/persistently.js';
import { receive } from '../../mailbox/receive.js';
import { registerOnce } from '../../mailbox/register.js';
import { composeText } from '../../mailbox/send.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { Contact, OwnRecord, Picture } from '../storage/records.js';
import { Carrier } from './carrier.js';
import { createWebCorrespondent, type Surroundings } from './correspondent.js';
import { Follower } from './follower.js';
import { createKeys, readInvited } from './identity.js';
import { acknowledge, keepIncoming } from './incoming.js';
import { Outbox } from './outbox.js';
import { attachPicture } from './pictures.js';

/** `live`: the gateway has proven to be at the other end. `stopped`: trying again cannot help; `problem` says why. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly by: 'network' | 'bluetooth' }
  | { readonly state: 'stopped'; readonly problem: string };

interface WebPeerOptions {
  readonly store: PeerStore;
  readonly surroundings: Surroundings;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Something that is shown may have changed. */
  onChange(): void;
}

/** A text message is for people to read; a gateway takes 1 MiB with its envelopes around it. */
const MAX_TEXT_CHARS = 100_000;

/** A DIDComm agent in a web page: one identity, at the gateway that the page is from. */
export class WebPeer implements Disposable {
  /** For screens and cameras. */
  readonly carrier: Carrier;
  readonly #options: WebPeerOptions;
  readonly #stop = new AbortController();
  readonly #follower: Follower;
  #own: OwnRecord;
  #correspondent: Correspondent;
  #outbox: Outbox;
  #connection: Connection = { state: 'connecting' };
  /** Ends the attempt to connect that is under way, and the pause behind it. */
  #again = new AbortController();

  constructor(own: OwnRecord, options: WebPeerOptions) {
    this.#options = options;
    this.#own = own;
    this.#correspondent = this.#connect(own);
    this.#follower = new Follower({
      store: options.store.custody,
      random: options.random,
      correspondent: () => this.#correspondent,
      isLive: () => this.#connection.state === 'live',
      onFailure: (error) => this.#fail(error),
    });
    this.#outbox = this.#openOutbox();
    this.carrier = new Carrier({
      ...options,
      own: () => this.#own,
      correspondent: () => this.#correspondent,
      onRegistered: () => this.#noteRegistered(),
      take: (unpacked) => this.#take(unpacked),
      onReceipt: (receipt) => this.#follower.take(receipt),
      onWaiting: () => {
        options.onChange();
        this.#outbox.ring();
      },
    });
  }

  get own(): OwnRecord {
    return this.#own;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Begins to receive and to send, until it is disposed. */
  start(): void {
    void this.#serve().catch((error: unknown) => this.#fail(error));
  }

  /** A way to the gateway may be there now: tries it at once. */
  wake(): void {
    if (this.#connection.state === 'connecting') this.#again.abort();
    this.#outbox.ring();
  }

  /** Somebody looks at a conversation: asks the gateway what became of messages to contacts elsewhere. */
  lookAfter(): void {
    this.#follower.ring();
  }

  /**
   * Follows the invitation of a person. Throws ERR_USAGE for that of a gateway or of oneself, and what reading it and the
   * store throw.
   */
  async addContact(invitationText: string, name: string): Promise<Contact> {
    const { kind, invitation } = readInvited(invitationText);
    const did = this.#correspondent.resolver.canonical(invitation.from);
    if (kind !== 'person') throw new WaypostError('ERR_USAGE', 'this is the invitation of a gateway, not of a person');
    if (did === this.#correspondent.resolver.canonical(this.#own.did)) {
      throw new WaypostError('ERR_USAGE', 'this is your own invitation: give it to somebody else');
    }
    const contact = { did, spelledAs: invitation.from, name: name || (invitation.goal ?? ''), isAccepted: true };
    await this.#accept({ ...contact, invitationId: invitation.id });
    return contact;
  }

  /** From now on the contact learns that its messages arrived, also those that came before. */
  async acceptContact(contact: Contact, name: string): Promise<void> {
    await this.#accept({ ...contact, name, isAccepted: true });
  }

  /** Forgets a contact and its conversation, here. */
  async removeContact({ did }: Contact): Promise<void> {
    await this.#options.store.removeContact(did);
    this.#options.onChange();
  }

  /** Text and pictures are on disk, waiting, when this resolves. Throws ERR_TOO_LARGE, and what the store throws. */
  async send(contact: Contact, text: string, pictures: readonly Picture[] = []): Promise<void> {
    if (text.length > MAX_TEXT_CHARS) {
      throw new WaypostError('ERR_TOO_LARGE', `the text has ${text.length} characters, the limit is ${MAX_TEXT_CHARS}`);
    }
    const { did, spelledAs: to, invitationId } = contact;
    const composed = composeText(this.#correspondent, to, text);
    const thread = invitationId === undefined ? {} : { pthid: invitationId };
    const attachments = pictures.length === 0 ? {} : { attachments: pictures.map(attachPicture) };
    const message = { ...composed, ...thread, ...attachments, please_ack: [''] };
    const atMs = this.#correspondent.clock.nowMs();
    const content = { text, ...(pictures.length === 0 ? {} : { pictures }) };
    const shown = { direction: 'out', id: message.id, contact: did, ...content, atMs, state: 'waiting' } as const;
    await this.#options.store.putOutgoing(shown, { contact: did, to, message });
    this.#options.onChange();
    this.#outbox.ring();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#outbox.close();
    this.#follower.close();
  }

  #connect(own: OwnRecord): Correspondent {
    const { store, surroundings } = this.#options;
    return createWebCorrespondent(own, store.longForms, surroundings);
  }

  #openOutbox(): Outbox {
    return new Outbox({
      ...this.#options,
      correspondent: this.#correspondent,
      isLive: () => this.#connection.state === 'live',
      follow: (entry, letter) => this.#follower.follow(entry, letter),
      onFailure: (error) => this.#fail(error),
    });
  }

  async #accept(contact: Contact): Promise<void> {
    const { store, onChange } = this.#options;
    const messages = await store.messages(contact.did);
    const ids = messages.flatMap((message) => (message.direction === 'in' ? message.unacknowledged : []));
    await store.putContact(contact, acknowledge(this.#correspondent, contact, ids));
    onChange();
    this.#outbox.ring();
  }

  async #serve(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#again = new AbortController();
      await this.#serveUntil(AbortSignal.any([this.#stop.signal, this.#again.signal]));
    }
  }

  async #serveUntil(signal: AbortSignal): Promise<void> {
    const { scheduler, logger } = this.#correspondent;
    if (!this.#own.isRegistered) {
      const registered = await persistently(() => this.#register(signal), { signal, scheduler, logger });
      if (registered === undefined) return;
    }
    const { surroundings } = this.#options;
    await receive({
      correspondent: this.#correspondent,
      invitationId: this.#own.mediatorInvitationId,
      take: (unpacked) => this.#take(unpacked),
      onConnected: () => {
        this.#show({ state: 'live', by: surroundings.ways.current() });
        this.#outbox.ring();
        this.#follower.ring();
      },
      onDisconnected: () => this.#show({ state: 'connecting' }),
      signal,
    });
  }

  /** Most gateways are their own routing DID; if not, the DID is made anew before anybody has learnt it. */
  async #register(signal: AbortSignal): Promise<OwnRecord> {
    const { surroundings } = this.#options;
    const invitationId = this.#own.mediatorInvitationId;
    const first = await registerOnce(this.#correspondent, invitationId, signal);
    if (!first.isRoute) {
      this.#own = { ...this.#own, ...createKeys(surroundings.primitives, first.routingDid) };
      this.#correspondent = this.#connect(this.#own);
      this.#outbox.close();
      this.#outbox = this.#openOutbox();
      await registerOnce(this.#correspondent, invitationId, signal);
    }
    await this.#noteRegistered();
    return this.#own;
  }

  async #noteRegistered(): Promise<void> {
    const registered = { ...this.#own, isRegistered: true };
    await this.#options.store.putOwn(registered);
    this.#own = registered;
  }

  /** Kept before the gateway is told that it may forget it. */
  async #take(unpacked: Unpacked): Promise<boolean> {
    const { store, onChange } = this.#options;
    const correspondent = this.#correspondent;
    const isAnswer = await this.carrier.takeAnswer(unpacked);
    const isNews = isAnswer || (await keepIncoming({ own: this.#own, correspondent, store }, unpacked));
    if (isNews) onChange();
    this.#outbox.ring();
    return false;
  }

  #show(connection: Connection): void {
    this.#connection = connection;
    this.#options.onChange();
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const problem = isWaypostError(error) ? error.message : 'a defect in this page; reload it';
    const { logger } = this.#correspondent;
    logger.error('peer.stopped', { message: isWaypostError(error) ? error.code : String(error) });
    this.#show({ state: 'stopped', problem });
  }
}
