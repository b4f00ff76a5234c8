import { toHex } from '../core/bytes.js';
import { isWaypostError, type WaypostError } from '../core/errors.js';
import type { LinkSessionContext, ReceivedMessage } from './link-context.js';
import { CHECKPOINT_BYTES, type PartialMessage, type Piece } from './partial-store.js';
import { MemoryAssembly, PartialAssembly } from './session/assembly.js';
import { EAGER_BYTES, FORMS, type HelloFrame, type OfferFrame, RESULTS, type ResultCode } from './session/frames.js';
import type { Outcome } from './session/incoming.js';
import type { Session } from './session/session.js';

/** Holders of the same message that are asked for their bytes. */
const MAX_LENDERS = 4;
/** While so much is being written, as much may arrive; both together, and a frame, are less than what may be lost. */
const SAVE_AT_BYTES = (3 / 8) * CHECKPOINT_BYTES;

/** Between the session and the store: where messages come together, what of them is kept, and how they are handed on. */
export class IncomingMessages {
  readonly #context: LinkSessionContext;
  readonly #remoteAddress: string;
  readonly #onMessage: (message: ReceivedMessage) => void;
  readonly #onNews: () => void;
  readonly #partials = new Map<number, PartialMessage>();
  readonly #closing = new Set<Promise<void>>();
  #session: Session | undefined;
  #peer = '';
  /** Those that could not be written: they are finished in memory, or not at all. */
  readonly #unsavable = new WeakSet<PartialMessage>();
  #saving: Promise<void> | undefined;

  /** `onNews`: the session may have something to send. */
  constructor(
    context: LinkSessionContext,
    remoteAddress: string,
    onMessage: (message: ReceivedMessage) => void,
    onNews: () => void,
  ) {
    this.#context = context;
    this.#remoteAddress = remoteAddress;
    this.#onMessage = onMessage;
    this.#onNews = onNews;
  }

  /** Resolves when everything that is over is written or dropped. */
  get saved(): Promise<unknown> {
    return Promise.all(this.#closing);
  }

  begin(session: Session, peer: HelloFrame): void {
    this.#session = session;
    this.#peer = peerName(this.#remoteAddress, peer);
  }

  onOffer(offer: OfferFrame): void {
    const { settled, now, limits } = this.#context;
    const answer = (outcome: Outcome) => void this.#settle(offer, outcome.result, outcome.retryAfterSeconds);
    if (settled.takeAccepted(this.#peer, offer.hash)) this.#settle(offer, RESULTS.accepted);
    else if (settled.join(this.#peer, offer.hash, now(), limits.stallMs, answer)) return;
    else if (offer.form !== FORMS.raw && !this.#takesForm(offer.form)) this.#settle(offer, RESULTS.refused);
    else if (offer.lengthBytes > EAGER_BYTES) this.#inBackground(this.#open(offer));
    else this.#session?.admit(offer.transfer, new MemoryAssembly(offer.lengthBytes), now());
  }

  onMessage(offer: OfferFrame, travelled: Uint8Array): void {
    const bytes = this.#decode(offer, travelled);
    if (bytes === undefined) {
      this.#settle(offer, RESULTS.refused);
      return;
    }
    const { settled, now } = this.#context;
    settled.begin(this.#peer, offer.hash, now());
    this.#onMessage({
      bytes,
      settle: (error) => this.#decide(offer, outcomeOf(error)),
      drop: () => settled.decide(this.#peer, offer.hash, undefined),
    });
  }

  onOver(offer: OfferFrame, outcome: Outcome | undefined): void {
    const { partials } = this.#context;
    const partial = this.#partials.get(offer.transfer);
    this.#partials.delete(offer.transfer);
    if (outcome?.result === RESULTS.accepted) {
      const dropped = partial?.discard() ?? Promise.resolve();
      if (offer.lengthBytes > EAGER_BYTES)
        this.#inBackground(dropped.then(() => partials.discardEverywhere(offer.hash)));
    } else if (partial !== undefined) {
      this.#inBackground(isForGood(outcome) ? partial.discard() : partial[Symbol.asyncDispose]());
    }
  }

  onUnconfirmed(offer: OfferFrame, { result }: Outcome): void {
    if (result === RESULTS.accepted) this.#context.settled.addAccepted(this.#peer, offer.hash);
  }

  /** Starts writing when enough has come; a promise when as much has come again before it was written. */
  saveIfDue(): Promise<void> | undefined {
    let unsavedBytes = 0;
    for (const partial of this.#partials.values()) {
      if (!this.#unsavable.has(partial)) unsavedBytes += partial.unsavedBytes;
    }
    if (unsavedBytes < SAVE_AT_BYTES) return undefined;
    if (this.#saving !== undefined) return this.#saving;
    this.#saving = this.#save().finally(() => {
      this.#saving = undefined;
    });
    return undefined;
  }

  async #save(): Promise<void> {
    const save = async (partial: PartialMessage) => {
      try {
        await partial.checkpoint();
      } catch (error) {
        if (!this.#unsavable.has(partial)) this.#complain(error);
        this.#unsavable.add(partial);
      }
    };
    await Promise.all([...this.#partials.values()].map(save));
  }

  async #open(offer: OfferFrame): Promise<void> {
    const { partials, now } = this.#context;
    const { transfer, hash, lengthBytes } = offer;
    let partial: PartialMessage;
    try {
      partial = await partials.open({ peer: this.#peer, hash, lengthBytes });
    } catch (error) {
      if (!isWaypostError(error, 'ERR_STORE_FULL') && !isWaypostError(error, 'ERR_STORE_BUSY')) this.#complain(error);
      this.#settle(offer, RESULTS.noRoom);
      return;
    }
    this.#partials.set(transfer, partial);
    const borrowed = await this.#borrow(offer).catch(() => []);
    const assembly = new PartialAssembly(partial, borrowed, (resetting) => this.#inBackground(resetting));
    const isWanted = this.#session?.admit(transfer, assembly, now()) === true;
    if (!isWanted && this.#partials.delete(transfer)) await partial[Symbol.asyncDispose]();
    this.#onNews();
  }

  /** What others sent of this message, perhaps over another medium. */
  async #borrow({ hash, lengthBytes }: OfferFrame): Promise<Piece[]> {
    const parts = await this.#context.partials.findByHash(hash);
    const lenders = parts.filter(({ key }) => key.peer !== this.#peer && key.lengthBytes === lengthBytes);
    const pieces = await Promise.all(lenders.slice(0, MAX_LENDERS).map((part) => part.read()));
    return pieces.flat();
  }

  #decide(offer: OfferFrame, { result, retryAfterSeconds }: Outcome): boolean {
    const { settled } = this.#context;
    const isTold = this.#settle(offer, result, retryAfterSeconds);
    if (!isTold && result === RESULTS.accepted) settled.addAccepted(this.#peer, offer.hash);
    settled.decide(this.#peer, offer.hash, { result, retryAfterSeconds });
    return isTold;
  }

  #settle(offer: OfferFrame, result: ResultCode, retryAfterSeconds = 0): boolean {
    const { now } = this.#context;
    const isTold = this.#session?.settle(offer.transfer, { result, retryAfterSeconds }, now()) === true;
    this.#onNews();
    return isTold;
  }

  #takesForm(form: number): boolean {
    return form === FORMS.compactEnvelope && this.#context.transform !== undefined;
  }

  #decode({ form }: OfferFrame, travelled: Uint8Array): Uint8Array | undefined {
    const { transform, limits } = this.#context;
    if (form === FORMS.raw) return travelled;
    try {
      return transform?.decode(travelled, limits.maxMessageBytes);
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #inBackground(work: PromiseLike<void>): void {
    const done = Promise.resolve(work)
      .catch(this.#complain)
      .finally(() => this.#closing.delete(done));
    this.#closing.add(done);
  }

  readonly #complain = (error: unknown): void => {
    this.#context.logger.warn('link.incoming', { link: this.#remoteAddress, message: String(error) });
  };
}

function outcomeOf(error: WaypostError | undefined): Outcome {
  if (error === undefined) return { result: RESULTS.accepted, retryAfterSeconds: 0 };
  const result = error.retryable ? RESULTS.refusedForNow : RESULTS.refused;
  return { result, retryAfterSeconds: Math.ceil((error.retryAfterMs ?? 0) / 1000) };
}

/** Whether the same bytes will never be of use. */
function isForGood(outcome: Outcome | undefined): boolean {
  return outcome?.result === RESULTS.refused || outcome?.result === RESULTS.damaged;
}

/** Who a partial message belongs to: nobody proves an identity here, and nobody else is at this address just now. */
function peerName(remoteAddress: string, { stationId }: HelloFrame): string {
  return `${remoteAddress.slice(0, 400)} ${toHex(stationId)}`;
}
