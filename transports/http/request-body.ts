import type { IncomingMessage } from 'node:http';
import { concatBytes } from '../../src/core/bytes.js';
import type { WaypostError } from '../../src/core/errors.js';

/** One of `refuse`, `lost` and `done` is called, once. */
export interface BodyReader {
  /** Asked for each part before it is kept; a reason refuses the whole body. */
  take(bytes: number): WaypostError | undefined;
  refuse(reason: WaypostError): void;
  /** The peer went away, or was cut because it was too slow. */
  lost(): void;
  done(body: Uint8Array): void;
}

/** Reads the body of a request and keeps no part of it that was not asked for. */
export function readBody(request: IncomingMessage, reader: BodyReader): void {
  const parts: Uint8Array[] = [];
  let open = true;
  request.on('data', (part: Uint8Array) => {
    if (!open) return;
    const reason = reader.take(part.length);
    if (reason === undefined) {
      parts.push(part);
      return;
    }
    open = false;
    parts.length = 0;
    reader.refuse(reason);
  });
  request.on('end', () => {
    if (!open) return;
    open = false;
    const [first] = parts;
    reader.done(parts.length === 1 && first !== undefined ? first : concatBytes(...parts));
  });
  request.on('close', () => {
    if (!open) return;
    open = false;
    reader.lost();
  });
}
