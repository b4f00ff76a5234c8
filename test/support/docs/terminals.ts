import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Commands, lineLike, type Shown } from './blocks.js';
import type { Network } from './own-network.js';

interface TerminalsOptions {
  readonly network: Network;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Terminal {
  readonly lines: string[];
  /** Lines that were compared already. */
  compared: number;
  running: { readonly child: ChildProcess; readonly closed: Promise<unknown> } | undefined;
}

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 25;

/** The terminals that somebody has open who follows a document. What runs in them ends with them. */
export class Terminals implements AsyncDisposable {
  readonly #options: TerminalsOptions;
  readonly #terminals = new Map<string, Terminal>();

  constructor(options: TerminalsOptions) {
    this.#options = options;
  }

  /** Runs commands to their end, or begins what is left running. Throws where one fails. */
  async run({ place, text, terminal: name, isLeftRunning, endsFirst }: Commands): Promise<void> {
    const terminal = this.#terminal(name);
    if (endsFirst) await this.#interrupt(place, terminal);
    if (terminal.running !== undefined) throw new Error(`${place}: something still runs in terminal ${name}`);
    terminal.compared = terminal.lines.length;
    const child = this.#spawn(text, terminal.lines);
    const closed = once(child, 'close');
    terminal.running = { child, closed };
    if (isLeftRunning) return;
    const late = setTimeout(() => kill(child, 'SIGKILL'), PATIENCE_MS);
    const [code] = (await closed) as [number | null];
    clearTimeout(late);
    terminal.running = undefined;
    if (code !== 0) throw new Error(`${place}: exit code ${code ?? 'none, it took too long'}\n${show(terminal)}`);
  }

  /** Waits until the lines are there, in this order, others between them or not. */
  async expect({ place, terminal: name, lines }: Shown): Promise<void> {
    const terminal = this.#terminal(name);
    const deadline = performance.now() + PATIENCE_MS;
    for (const line of lines.filter((text) => text.trim() !== '...')) {
      const pattern = lineLike(line);
      for (;;) {
        const at = terminal.lines.findIndex((text, index) => index >= terminal.compared && pattern.test(text));
        if (at >= 0) {
          terminal.compared = at + 1;
          break;
        }
        const isOver = terminal.running === undefined || terminal.running.child.exitCode !== null;
        if (isOver || performance.now() > deadline) {
          throw new Error(`${place}: terminal ${name} does not show\n  ${line}\nbut\n${show(terminal)}`);
        }
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { running } of this.#terminals.values()) {
      if (running === undefined) continue;
      kill(running.child, 'SIGKILL');
      await running.closed;
    }
  }

  #terminal(name: string): Terminal {
    const terminal = this.#terminals.get(name) ?? { lines: [], compared: 0, running: undefined };
    this.#terminals.set(name, terminal);
    return terminal;
  }

  #spawn(text: string, lines: string[]): ChildProcess {
    const { network, folder: cwd, env } = this.#options;
    const [command = '', ...args] = [
      ...network.prefix,
      'bash',
      '-euo',
      'pipefail',
      '-c',
      `exec 2>&1\ncd '${cwd}'\n${text}`,
    ];
    // A group of its own, as a terminal makes it: Ctrl-C reaches all of it.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      const parts = (rest + part).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
    return child;
  }

  async #interrupt(place: string, terminal: Terminal): Promise<void> {
    const { running } = terminal;
    if (running === undefined) throw new Error(`${place}: nothing runs that Ctrl-C could end`);
    kill(running.child, 'SIGINT');
    const late = setTimeout(() => kill(running.child, 'SIGKILL'), PATIENCE_MS);
    await running.closed;
    clearTimeout(late);
    if (running.child.signalCode === 'SIGKILL') throw new Error(`${place}: Ctrl-C does not end what runs there`);
    terminal.running = undefined;
  }
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it ended meanwhile
  }
}

/** What was not compared yet. */
function show({ lines, compared }: Terminal): string {
  return lines
    .slice(compared)
    .slice(-40)
    .map((line) => (line.length > 200 ? `${line.slice(0, 200)}...` : line))
    .join('\n');
}
