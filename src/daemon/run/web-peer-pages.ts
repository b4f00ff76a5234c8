import { readdir, readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders, RequestListener } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WaypostError } from '../../core/errors.js';

/** Where the web peer is found on the port of DIDComm. */
const BASE = '/peer/';
const START = 'index.html';

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.wasm', 'application/wasm'],
  ['.webmanifest', 'application/manifest+json'],
]);

const HEADERS = {
  // `img-src blob:` is pictures that the page itself has made of messages.
  // `connect-src 'self'` is the gateway itself, by HTTP and by WebSocket: the page talks to nobody else.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Where names change with what is in them. */
const HASHED = /^assets\//;
/** Content codings (RFC 9110, 8.4.1) that the build has beside a file, the smallest first. */
const CODINGS = [
  { coding: 'br', extension: '.br' },
  { coding: 'gzip', extension: '.gz' },
] as const;

/**
 * Serves the files of the web peer below /peer/, and leaves every other request to `next`. A path is looked up among the
 * files that were there at the start, so that it can name nothing else. Throws ERR_CONFIG when there are none.
 */
export async function openWebPeerPages(folder: URL, next: RequestListener): Promise<RequestListener> {
  const files = await filesIn(fileURLToPath(folder));
  return (request, response) => {
    const [target = '/'] = (request.url ?? '/').split('?', 1);
    if (target !== BASE.slice(0, -1) && !target.startsWith(BASE)) {
      next(request, response);
      return;
    }
    const isHead = request.method === 'HEAD';
    const name = target === BASE ? START : target.slice(BASE.length);
    const isFile = files.has(name) && !CODINGS.some(({ extension }) => name.endsWith(extension));
    if (request.method !== 'GET' && !isHead) {
      response.writeHead(405, { 'content-length': 0, allow: 'GET, HEAD' }).end();
    } else if (target === BASE.slice(0, -1)) {
      response.writeHead(308, { 'content-length': 0, location: BASE }).end();
    } else if (!isFile) {
      response.writeHead(404, { 'content-length': 0 }).end();
    } else {
      const { extension, ...coded } = codingFor(name, request.headers['accept-encoding'], files);
      readFile(files.get(name + extension) ?? '').then(
        (content) => {
          response.writeHead(200, { ...HEADERS, ...headersOf(name), ...coded, 'content-length': content.length });
          response.end(isHead ? undefined : content);
        },
        () => response.writeHead(404, { 'content-length': 0 }).end(), // it was there at the start
      );
    }
  };
}

function headersOf(name: string): OutgoingHttpHeaders {
  return {
    'content-type': MEDIA_TYPES.get(path.extname(name)) ?? 'application/octet-stream',
    'cache-control': HASHED.test(name) ? 'max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  };
}

/** The smallest form of a file that a browser takes; a coding with `q=0` is one that it does not. */
function codingFor(
  name: string,
  accepted: string | string[] | undefined,
  files: ReadonlyMap<string, string>,
): OutgoingHttpHeaders & { readonly extension: string } {
  const taken = String(accepted ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';', 1)[0]?.trim().toLowerCase());
  const found = CODINGS.find(({ coding, extension }) => taken.includes(coding) && files.has(name + extension));
  return found === undefined ? { extension: '' } : { extension: found.extension, 'content-encoding': found.coding };
}

/** By their path in the page, with `/`. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
    return new Map(paths.map((file) => [path.relative(folder, file).split(path.sep).join('/'), file]));
  } catch (cause) {
    throw new WaypostError('ERR_CONFIG', `http.webPeer: the files of the page are not in ${folder}`, { cause });
  }
}
