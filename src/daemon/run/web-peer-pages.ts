import { readdir, readFile } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
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
]);

const HEADERS = {
  // `img-src blob:` is pictures that the page itself has made of messages.
  // `connect-src 'self'` is the gateway itself, by HTTP and by WebSocket: the page talks to nobody else.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
} as const;

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
    const file = files.get(target === BASE ? START : target.slice(BASE.length));
    if (request.method !== 'GET' && !isHead) {
      response.writeHead(405, { 'content-length': 0, allow: 'GET, HEAD' }).end();
    } else if (target === BASE.slice(0, -1)) {
      response.writeHead(308, { 'content-length': 0, location: BASE }).end();
    } else if (file === undefined) {
      response.writeHead(404, { 'content-length': 0 }).end();
    } else {
      readFile(file).then(
        (content) => answer(response, file, content, isHead),
        () => response.writeHead(404, { 'content-length': 0 }).end(), // it was there at the start
      );
    }
  };
}

function answer(response: ServerResponse, file: string, content: Uint8Array, isHead: boolean): void {
  const extension = path.extname(file);
  response.writeHead(200, {
    ...HEADERS,
    'content-type': MEDIA_TYPES.get(extension) ?? 'application/octet-stream',
    'content-length': content.length,
    // The names of all others change with what is in them.
    'cache-control': extension === '.html' ? 'no-cache' : 'max-age=31536000, immutable',
  });
  response.end(isHead ? undefined : content);
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
