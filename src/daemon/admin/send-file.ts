import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { FileAnswer } from './requests.js';

/** Answers with a file. A reader that goes away meanwhile is nobody's fault. */
export async function sendFile(
  response: ServerResponse,
  { path, bytes }: FileAnswer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(200, { ...headers, 'content-type': 'application/octet-stream', 'content-length': bytes });
  await pipeline(createReadStream(path), response).catch(() => response.destroy());
}
