import type { LinkPeer } from '../../src/link/link-context.js';
import { stationText } from './information.js';

/** The stations that a session of the link protocol is open with at this moment, by their station ids (claims). */
export class PresentStations {
  /** How many sessions each has, those that it began and those that we began. */
  readonly #sessions = new Map<string, { came: number; dialled: number }>();
  #onCame: (station: string) => void = () => {};

  /** Somebody said hello. */
  add({ stationId, isActive, ended }: LinkPeer): void {
    const station = stationText(stationId);
    const sessions = this.#sessions.get(station) ?? { came: 0, dialled: 0 };
    const count = isActive ? 'dialled' : 'came';
    sessions[count]++;
    this.#sessions.set(station, sessions);
    void ended.then(() => {
      sessions[count]--;
      if (sessions.came + sessions.dialled === 0) this.#sessions.delete(station);
    });
    if (!isActive) this.#onCame(station);
  }

  has(station: string): boolean {
    return this.#sessions.has(station);
  }

  /** Whether it connected to us. */
  hasCome(station: string): boolean {
    return (this.#sessions.get(station)?.came ?? 0) > 0;
  }

  /** Told of each station that connects to us from now on; one listener. */
  onCame(listener: (station: string) => void): void {
    this.#onCame = listener;
  }
}
