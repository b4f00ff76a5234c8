import { quote, WaypostError } from '../core/errors.js';

/** What a device can be told. */
export type DeviceCommand =
  | { readonly kind: 'ping' }
  /** How often it measures, from 1 second to 30 days. */
  | { readonly kind: 'set-interval'; readonly seconds: number };

/** A command under its number, which grows for each device; as it travels and is kept. */
export type NumberedCommand = readonly [number: number, what: number, argument?: number];

/** What the second member of a command means on the wire. */
const WHAT = { ping: 1, setInterval: 2 } as const;
const MAX_INTERVAL_S = 30 * 24 * 60 * 60;

/** Throws ERR_INVALID_ARGUMENT. */
export function numberCommand(number: number, command: DeviceCommand): NumberedCommand {
  if (command.kind === 'ping') return [number, WHAT.ping];
  const { seconds } = command;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_INTERVAL_S)
    return [number, WHAT.setInterval, seconds];
  const what = `an interval of ${quote(seconds)} seconds is not a whole number from 1 to ${MAX_INTERVAL_S}`;
  throw new WaypostError('ERR_INVALID_ARGUMENT', what);
}

/** What a device says of a command; `status` as in {@link outcomeOf}. */
export interface CommandReport {
  readonly number: number;
  readonly status: number;
}

/** By status: what the device did (docs/sensors.md, "Commands"). */
const OUTCOMES = ['done', 'not supported', 'failed', 'not acted on: an old number'] as const;

/** The status of a report in words. */
export function outcomeOf(status: number): string {
  return OUTCOMES[status] ?? `status ${status}`;
}

/** A command as an operator gives it: `ping`, `set-interval 60`. */
export function describeCommand([, what, argument]: NumberedCommand): string {
  return what === WHAT.setInterval ? `set-interval ${argument}` : 'ping';
}

/** The payload of a report, `[number, status]`. Throws ERR_FRAME_MALFORMED. */
export function readReport(payload: unknown): CommandReport {
  const [number, status, ...more] = Array.isArray(payload) ? (payload as readonly unknown[]) : [];
  if (isWhole(number) && isWhole(status) && more.length === 0) return { number, status };
  throw new WaypostError('ERR_FRAME_MALFORMED', 'a report on a command is not its number and a status');
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
