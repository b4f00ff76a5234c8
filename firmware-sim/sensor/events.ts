import type { Measurement } from './senml.js';

/** What happens to a simulated sensor, in that order. */
export type SensorEvent =
  | { readonly event: 'connected'; readonly address: string }
  | { readonly event: 'disconnected'; readonly reason: string; readonly retryInMs: number }
  | { readonly event: 'measured'; readonly measurements: readonly Measurement[] }
  /** The gateway gave an epoch, and the time where it knows it; seconds since 1970 UTC. */
  | { readonly event: 'granted'; readonly epoch: number; readonly timeS: number | null }
  /** `hash`: SHA-256 of it, base64url; null for a hello. */
  | {
      readonly event: 'sent';
      readonly frame: string;
      readonly hash: string | null;
      readonly bytes: number;
      readonly tries: number;
    }
  /** Stored at the gateway: the device has forgotten it. */
  | {
      readonly event: 'acknowledged';
      readonly epoch: number;
      readonly counter: number;
      readonly readings: number;
      /** SHA-256 of the frame, base64url. */
      readonly hash: string;
    }
  | { readonly event: 'busy'; readonly frame: string; readonly retryInMs: number }
  /** What the medium has to say instead of an answer, such as that nobody knows the device. */
  | { readonly event: 'refused'; readonly frame: string; readonly reason: string }
  /** Something came that does not prove to be from the gateway. */
  | { readonly event: 'unproven'; readonly bytes: number }
  | { readonly event: 'lost'; readonly readings: number; readonly why: string }
  | { readonly event: 'dissolved'; readonly frames: number; readonly why: string }
  | { readonly event: 'command'; readonly number: number; readonly what: 'ping' | 'set-interval' | 'unknown' }
  | { readonly event: 'rebooted' };
