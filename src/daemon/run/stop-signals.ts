import type { Logger } from '../../core/logger.js';
import { withResolvers } from '../../core/with-resolvers.js';

/** The part of a process that says when to stop. */
export interface SignalSource {
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  on(event: 'unhandledRejection' | 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
}

/** As shells report a process that a signal ended. */
const EXIT_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the name of the first SIGTERM or SIGINT; the second one ends the process at once. From now on an error that
 * nobody caught is logged and ends the process with 1: what state it left behind nobody knows, and a service manager
 * starts a fresh one.
 */
export function stopSignal(source: SignalSource, logger: Logger): Promise<string> {
  const { promise, resolve } = withResolvers<string>();
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    source.on(signal, () => {
      if (isStopping) source.exit(EXIT_OF_SIGNAL[signal]);
      isStopping = true;
      resolve(signal);
    });
  }
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    source.on(event, (error) => {
      logger.error('process.failed', {
        event,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      source.exit(1);
    });
  }
  return promise;
}
