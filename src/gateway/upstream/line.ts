import { isWaypostError, quote, WaypostError } from '../../core/errors.js';
import type { Scheduler } from '../../core/scheduler.js';
import type { Received, Reply, Sender } from '../../protocols/protocol.js';
import { channelClosed } from '../../transport/arrival.js';
import type { Channel } from '../../transport/transport.js';
import type { Conversations } from '../conversations.js';

interface LineOptions {
  readonly channel: Channel;
  readonly conversations: Conversations;
  readonly scheduler: Scheduler;
  /** Our DID, and the mediator's. */
  readonly from: string;
  readonly peer: Sender;
  readonly answerMs: number;
  /** Headers that each message carries. */
  headers(): NonNullable<Reply['headers']>;
  /** Handles what arrives on the channel, until it ends. */
  serve(channel: Channel): Promise<void>;
  /** Told of each answer that the mediator is proven to have given. */
  onAnswer(): void;
}

/** An open connection to a mediator, with requests and answers. */
export class Line implements AsyncDisposable {
  readonly #options: LineOptions;
  readonly #ended: Promise<void>;
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#ended = options.serve(options.channel).finally(() => {
      this.#isClosed = true;
    });
  }

  /** Messages can come at any time: what live delivery needs. */
  get isPersistent(): boolean {
    return this.#options.channel.replies === 'many';
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get address(): string {
    return this.#options.channel.remoteAddress;
  }

  get maxMessageBytes(): number {
    return this.#options.channel.maxMessageBytes;
  }

  /** Resolves when the connection has ended, by whichever side. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /**
   * The answer to a request. Throws ERR_REFUSED when that is a problem report, ERR_NETWORK (retryable) when none comes in
   * time, ERR_CHANNEL_CLOSED (retryable) as soon as the connection ends, and what sending throws.
   */
  async ask(request: Reply): Promise<Received> {
    const { channel, conversations, from, peer, answerMs } = this.#options;
    const answer = await this.#unlessClosed(
      conversations.request(channel, this.#complete(request), from, peer, answerMs),
    );
    this.#options.onAnswer();
    if (answer.type.name !== 'problemreport') return answer;
    const code = quote(answer.message.body?.code, 100);
    throw new WaypostError('ERR_REFUSED', `the mediator reports a problem with ${quote(request.type)}: ${code}`);
  }

  /** Resolves when the message has left. Throws ERR_NETWORK (retryable) when it does not in time. */
  async tell(message: Reply): Promise<void> {
    const { channel, conversations, scheduler, from, peer, answerMs } = this.#options;
    const timeout = new AbortController();
    const cancel = scheduler.after(answerMs, () => {
      timeout.abort(
        new WaypostError('ERR_NETWORK', `a message did not leave within ${answerMs} ms`, { retryable: true }),
      );
    });
    try {
      await this.#unlessClosed(conversations.send(channel, this.#complete(message), from, peer, timeout.signal));
    } finally {
      cancel();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.channel[Symbol.asyncDispose]();
    await this.#ended;
  }

  #complete(message: Reply): Reply {
    return { ...message, headers: { ...message.headers, ...this.#options.headers() } };
  }

  async #unlessClosed<T>(work: Promise<T>): Promise<T> {
    const closed = this.#ended.then((): never => {
      throw channelClosed('the connection to the mediator has ended');
    });
    closed.catch(() => {}); // it ends some time, when nobody races any more
    work.catch(() => {});
    return Promise.race([work, closed]);
  }
}

/** The mediator understood and does not want to, or says nothing at all to it: another version may do. */
export function isDeclined(error: unknown, line: Line): error is WaypostError {
  return !line.isClosed && isWaypostError(error) && (error.code === 'ERR_REFUSED' || error.code === 'ERR_NETWORK');
}
