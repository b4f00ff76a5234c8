import type { WebSocket } from 'ws';

/**
 * Finds peers that are gone without a word. One that is silent for an interval is pinged; one that stays silent for
 * the next is cut. Any frame counts as a sign of life. A socket that we do not read says nothing about its peer.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #alive = true;

  constructor(socket: WebSocket, intervalMs: number) {
    const live = () => {
      this.#alive = true;
    };
    socket.on('message', live);
    socket.on('ping', live);
    socket.on('pong', live);
    let pinged = false;
    this.#timer = setInterval(() => {
      if (this.#alive || socket.isPaused) {
        this.#alive = false;
        pinged = false;
      } else if (pinged) {
        socket.terminate();
      } else {
        pinged = true;
        socket.ping();
      }
    }, intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
