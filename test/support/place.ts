import { type Daemon, type DaemonOptions, type Program, startDaemon } from './daemon.js';
import { overHttp, type Remote } from './over-http.js';

/** A gateway that is killed and comes back on the same port; `remote` is undefined while it is away. */
export class Place implements AsyncDisposable {
  remote: Remote | undefined;
  kills = 0;
  readonly #program: Program;
  readonly #folder: string;
  #options: DaemonOptions;
  #daemon: Daemon | undefined;

  constructor(program: Program, folder: string, options: DaemonOptions) {
    this.#program = program;
    this.#folder = folder;
    this.#options = options;
  }

  get port(): number {
    return this.#options.port ?? 0;
  }

  async up(): Promise<Remote> {
    this.#daemon = await startDaemon(this.#program, this.#folder, this.#options);
    this.#options = { ...this.#options, port: this.#daemon.port };
    this.remote = overHttp(this.#daemon);
    return this.remote;
  }

  async kill(): Promise<void> {
    this.remote = undefined;
    await this.#daemon?.kill();
    this.kills++;
  }

  /** Also where a test failed: it would run on for ever. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon?.kill();
  }
}
