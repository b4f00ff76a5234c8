import { equalBytes, plainBytes } from '../core/bytes.js';
import { decodeOwnCbor, encodeCbor } from './cbor.js';
import type { NumberedCommand } from './command.js';
import { epochAfter, type Sequence, type Taken } from './sequence.js';

/** An epoch that was given to a device without memory. */
export interface Grant {
  readonly epoch: number;
  /** 8 random bytes; external authenticated data of every frame of that epoch. */
  readonly nonce: Uint8Array;
  /** What the device asked with: the short hash of its challenge. */
  readonly challengeHash: Uint8Array;
}

/** What changes with the frames of a device; one value in the store, written with each frame. */
export interface DeviceState {
  readonly sequence: Sequence | undefined;
  /** The latest grants, newest last. */
  readonly grants: readonly Grant[];
  /** The number of the command that was given last; 0: none was. */
  readonly lastCommand: number;
  /** Commands that the device has not reported on, oldest first. */
  readonly commands: readonly NumberedCommand[];
  /** The command that the device reported on last, and what it said. */
  readonly lastReport: DeviceReport | undefined;
  /** When something authentic came last; milliseconds since 1970 UTC, 0: never. */
  readonly lastReceivedMs: number;
}

export interface DeviceReport {
  readonly command: NumberedCommand;
  /** See `outcomeOf`. */
  readonly status: number;
}

export const FRESH_STATE: DeviceState = {
  sequence: undefined,
  grants: [],
  lastCommand: 0,
  commands: [],
  lastReport: undefined,
  lastReceivedMs: 0,
};

export const NONCE_BYTES = 8;
/**
 * A hello that somebody recorded and sends again gets the grant that it got. Only one that is older than all of these
 * makes a new grant, which is of no use to anybody but the device.
 */
const MAX_GRANTS = 8;

const VERSION = 1;

type EncodedTaken = readonly [epoch: number, counter: number, hashes: Uint8Array];

/** The record in the store, a CBOR array. */
type Encoded = readonly [
  version: number,
  sequence: EncodedTaken | null,
  previous: EncodedTaken | null,
  grants: readonly (readonly [epoch: number, nonce: Uint8Array, challengeHash: Uint8Array])[],
  lastCommand: number,
  commands: readonly NumberedCommand[],
  lastReceivedMs: number,
  /** Missing in records that older programs wrote. */
  lastReport?: readonly [command: NumberedCommand, status: number] | null,
];

export function encodeState(state: DeviceState): Uint8Array {
  const { sequence, grants, lastCommand, commands, lastReport, lastReceivedMs } = state;
  const encoded: Encoded = [
    VERSION,
    encodeTaken(sequence),
    encodeTaken(sequence?.previous),
    grants.map(({ epoch, nonce, challengeHash }) => [epoch, nonce, challengeHash]),
    lastCommand,
    commands,
    lastReceivedMs,
    lastReport === undefined ? null : [lastReport.command, lastReport.status],
  ];
  return encodeCbor(encoded);
}

/** A record that {@link encodeState} made. */
export function decodeState(bytes: Uint8Array): DeviceState {
  const [, sequence, previous, grants, lastCommand, commands, lastReceivedMs, report] = decodeOwnCbor(bytes) as Encoded;
  return {
    sequence:
      sequence === null
        ? undefined
        : { ...decodeTaken(sequence), previous: previous === null ? undefined : decodeTaken(previous) },
    grants: grants.map(([epoch, nonce, challengeHash]) => ({
      epoch,
      nonce: plainBytes(nonce),
      challengeHash: plainBytes(challengeHash),
    })),
    lastCommand,
    commands,
    lastReport: report == null ? undefined : { command: report[0], status: report[1] },
    lastReceivedMs,
  };
}

function encodeTaken(taken: Taken | undefined): EncodedTaken | null {
  return taken === undefined ? null : [taken.epoch, taken.counter, taken.hashes];
}

function decodeTaken([epoch, counter, hashes]: EncodedTaken): Taken {
  return { epoch, counter, hashes: plainBytes(hashes) };
}

/** The grant that was the answer to a challenge, while it is remembered. */
export function grantFor(state: DeviceState, challengeHash: Uint8Array): Grant | undefined {
  return state.grants.find((grant) => equalBytes(grant.challengeHash, challengeHash));
}

/**
 * With one grant more, for an epoch that was never used. When there are too many, the oldest goes, but never that of the
 * epoch that frames come in.
 */
export function withGrant(state: DeviceState, nonce: Uint8Array, challengeHash: Uint8Array) {
  const lastEpoch = Math.max(state.sequence?.epoch ?? -1, ...state.grants.map(({ epoch }) => epoch));
  const grant: Grant = { epoch: epochAfter(lastEpoch), nonce, challengeHash };
  const kept =
    state.grants.length < MAX_GRANTS
      ? state.grants
      : without(
          state.grants,
          state.grants.findIndex(({ epoch }) => epoch !== state.sequence?.epoch),
        );
  return { grant, state: { ...state, grants: [...kept, grant] } };
}

function without<T>(items: readonly T[], index: number): readonly T[] {
  return items.filter((_, i) => i !== index);
}
