import type { PlaintextMessage } from '../envelope/message.js';
import type { Connection, Received, Reply, Sender } from '../protocols/protocol.js';
import { sourceOf } from '../router/source.js';
import type { Address, Channel } from '../transport/transport.js';
import type { Packer } from './packer.js';

/** Somebody with many DIDs on one connection; what is beyond it has to say `return_route` each time. */
const MAX_REMEMBERED_DIDS = 1000;

/** An open channel, and what the messages on it said about themselves. */
export class PeerConnection implements Connection {
  readonly id: string;
  readonly source: string;
  readonly remoteAddress: Address;
  readonly maxMessageBytes: number;
  readonly isPersistent: boolean;
  readonly openedAtMs: number;
  readonly claimedDid: string | undefined;
  readonly #channel: Channel;
  readonly #packer: Packer;
  /** DIDs that were proven here; true for those that want everything for them returned here. */
  readonly #dids = new Map<string, boolean>();
  readonly #onClose: (() => void)[] = [];
  readonly #onReturnsAll: (peer: Sender) => void;

  /** `onReturnsAll`: somebody has proven a DID, and wants everything for it returned here from now on. */
  constructor(
    id: string,
    channel: Channel,
    packer: Packer,
    openedAtMs: number,
    onReturnsAll: (peer: Sender) => void = () => {},
  ) {
    this.id = id;
    this.source = sourceOf(channel.remoteAddress);
    this.remoteAddress = channel.remoteAddress;
    this.maxMessageBytes = channel.maxMessageBytes;
    this.isPersistent = channel.replies === 'many';
    this.openedAtMs = openedAtMs;
    this.claimedDid = channel.claimedDid;
    this.#channel = channel;
    this.#packer = packer;
    this.#onReturnsAll = onReturnsAll;
  }

  get dids(): readonly string[] {
    return [...this.#dids.keys()];
  }

  async push(reply: Reply, from: string, recipient: Sender): Promise<void> {
    const { packed } = await this.#packer.pack(reply, from, recipient);
    await this.#channel.send(packed);
  }

  end(): void {
    // A channel that does not even close is a defect of its transport, and nothing that anybody could mend here.
    this.#channel[Symbol.asyncDispose]().then(undefined, () => {});
  }

  onClose(run: () => void): void {
    this.#onClose.push(run);
  }

  /** Tells everybody that the channel is gone. */
  close(): void {
    for (const run of this.#onClose.splice(0)) run();
  }

  /**
   * Whether the answer to a message may go back over this connection (DIDComm v2.1, "Return Route Extension"). `all` is
   * said once on a connection that stays open, `none` takes it back, `thread` is about one thread.
   */
  mayReturn({ message, sender }: Received): boolean {
    if (this.#channel.replies === 'none' || sender === null) return false;
    const route = message.return_route;
    const isKept = this.#dids.get(sender.did) ?? false;
    this.#remember(sender.did, route === 'all' || (route !== 'none' && isKept));
    if (route === 'all' && !isKept && this.isPersistent) this.#onReturnsAll(sender);
    if (route === 'all') return true;
    if (route === 'thread') return isOfThread(message);
    return route !== 'none' && isKept;
  }

  #remember(did: string, returnsAll: boolean): void {
    if (this.#dids.has(did) || this.#dids.size < MAX_REMEMBERED_DIDS) this.#dids.set(did, returnsAll);
  }
}

/** `return_route_thread` names the thread; left out, it is the message's own. */
function isOfThread(message: PlaintextMessage): boolean {
  const wanted = message.return_route_thread;
  return wanted === undefined || wanted === (message.thid ?? message.id);
}
