import net from 'node:net';

/**
 * What somebody who wants, or has, the lock of a data folder says of itself. `ending`: it hung up without a word, as those
 * do who give up or give back; who looks again finds it gone. `silent`: it is stopped, or very busy, and may be holding.
 */
export type ContenderState = 'holding' | 'trying' | 'ending' | 'silent';

/** Somebody who has, or wants, the lock of a data folder. */
export interface Contender {
  readonly name: string;
  readonly state: ContenderState;
  /** In words. */
  readonly who: string;
}

const ANSWER_MS = 1000;
const MAX_ANSWER_CHARS = 200;
const UNKNOWN = { ending: 'a process that is ending', silent: 'a process that does not answer' } as const;

/** Asks the socket at `address`; undefined when nobody listens there any more. Rejects with the error of the system. */
export function ask(address: string, name: string): Promise<Contender | undefined> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(address);
    const settle = (state: ContenderState, who: string): void => {
      socket.destroy();
      resolve({ name, state, who });
    };
    socket.setTimeout(ANSWER_MS, () => settle('silent', UNKNOWN.silent));
    socket.on('data', (chunk) => {
      if (answer.length < MAX_ANSWER_CHARS) answer += chunk.toString('utf8');
    });
    socket.on('end', () => {
      const [state, ...who] = answer.slice(0, MAX_ANSWER_CHARS).split(' ');
      if (state === 'holding' || state === 'trying') settle(state, who.join(' '));
      else settle('ending', UNKNOWN.ending);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') settle('ending', UNKNOWN.ending);
      else if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') reject(error);
      else resolve(undefined);
    });
  });
}

export function stopListening(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
