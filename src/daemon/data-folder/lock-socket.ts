import net from 'node:net';

/** Somebody who has, or wants, the lock of a data folder. */
export interface Contender {
  readonly name: string;
  readonly isHolding: boolean;
  /** In words. */
  readonly who: string;
}

const ANSWER_MS = 2000;
const MAX_ANSWER_CHARS = 200;

/** Asks the socket at `address`; undefined when nobody listens there any more. Rejects with the error of the system. */
export function ask(address: string, name: string): Promise<Contender | undefined> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(address);
    const settle = (isHolding: boolean, who: string): void => {
      socket.destroy();
      resolve({ name, isHolding, who });
    };
    // A process that is stopped or very busy keeps its lock all the same.
    socket.setTimeout(ANSWER_MS, () => settle(true, 'a process that does not answer'));
    socket.on('data', (chunk) => {
      if (answer.length < MAX_ANSWER_CHARS) answer += chunk.toString('utf8');
    });
    socket.on('end', () => {
      const [state, ...who] = answer.slice(0, MAX_ANSWER_CHARS).split(' ');
      settle(state !== 'trying', who.join(' '));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') settle(true, 'a process that is ending');
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
