import type { SensorEvent } from './events.js';

/** A frame that the gateway said it has stored. */
export interface JournalEntry {
  readonly epoch: number;
  readonly counter: number;
  /** SHA-256 of the frame, base64url: as the device itself computed it. */
  readonly hash: string;
  readonly readings: number;
}

/**
 * What somebody beside a device writes down, whatever happens to the device: every reading that it took, and what became of
 * it. `taken` is always the sum of what was acknowledged, what was lost and what the ring holds.
 */
export class Journal {
  readonly acknowledged: JournalEntry[] = [];
  /** The hashes of all frames that were ever sent. */
  readonly sent = new Set<string>();
  taken = 0;
  /** Overwritten, given up, or gone with the power. */
  lost = 0;
  /** Frames whose readings went into others, because their epoch was over. Some of them may be stored all the same. */
  dissolved = 0;

  note(event: SensorEvent): void {
    switch (event.event) {
      case 'measured':
        this.taken++;
        break;
      case 'sent':
        if (event.hash !== null) this.sent.add(event.hash);
        break;
      case 'acknowledged': {
        const { epoch, counter, hash, readings } = event;
        if (readings > 0) this.acknowledged.push({ epoch, counter, hash, readings });
        break;
      }
      case 'lost':
        this.lost += event.readings;
        break;
      case 'dissolved':
        this.dissolved += event.frames;
        break;
      default:
    }
  }

  get readings(): number {
    return this.acknowledged.reduce((sum, { readings }) => sum + readings, 0);
  }
}
