import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileExists } from '../data-folder/small-file.js';

/** Where the page is served. The build puts it in front of the names of its files. */
const BASE = '/dashboard/';
const INDEX = 'index.html';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Everything comes from here, nothing is inline, and no other page may show it in a frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Whether the path of a URL is one of the dashboard's. */
export function isDashboardPath(pathname: string): boolean {
  return pathname === '/' || pathname === BASE.slice(0, -1) || pathname.startsWith(BASE);
}

/** Answers with a file of the dashboard. Names are looked up among those that the build made, so no path leads out. */
export async function answerAsset(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!pathname.startsWith(BASE)) {
    response.writeHead(302, { ...HEADERS, location: BASE, 'content-length': 0 }).end();
    return;
  }
  const wanted = pathname.slice(BASE.length) || INDEX;
  const folder = builtFolder();
  const isBuilt = await fileExists(path.join(folder, INDEX));
  const names = isBuilt ? await readdir(folder, { recursive: true }) : [];
  const type = TYPES.get(path.extname(wanted));
  if (type === undefined || !names.includes(wanted)) {
    const text = isBuilt ? 'There is no such page.\n' : 'The dashboard is not built: npm run build\n';
    send(request, response, 404, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }, text);
    return;
  }
  const content = await readFile(path.join(folder, wanted));
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`;
  const headers = { 'content-type': type, etag, 'cache-control': 'no-cache' };
  if (request.headers['if-none-match'] === etag) response.writeHead(304, { ...HEADERS, ...headers }).end();
  else send(request, response, 200, headers, content);
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  content: string | Uint8Array,
): void {
  response.writeHead(status, { ...HEADERS, ...headers, 'content-length': Buffer.byteLength(content) });
  response.end(method === 'HEAD' ? undefined : content);
}

/** Beside the bundle; where Node runs the sources as they are, what was built last. */
function builtFolder(): string {
  const here = import.meta.url;
  const relative = here.endsWith('.ts')
    ? '../../../dist/dashboard'
    : here.includes('/chunks/')
      ? '../dashboard'
      : './dashboard';
  return fileURLToPath(new URL(relative, here));
}
