/** What belongs to an event. Never secrets, never plaintext of messages. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where events go. `event` is a name such as `delivery.failed`; what varies stands in the fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
