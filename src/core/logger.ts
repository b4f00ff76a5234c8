/** What belongs to an event. Never secrets, never plaintext of messages. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where events go. `event` is a name such as `delivery.failed`; what varies stands in `fields`. */
export interface Logger {
  /** For whoever looks for a defect. */
  debug(event: string, fields?: LogFields): void;
  /** What happens anyway, and is worth knowing. */
  info(event: string, fields?: LogFields): void;
  /** What went wrong, and is dealt with. */
  warn(event: string, fields?: LogFields): void;
  /** What went wrong, and needs somebody. */
  error(event: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
