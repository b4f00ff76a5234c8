import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { toHex } from '../../src/core/bytes.js';
import { messageIdOf } from '../../src/link/qr-frame.js';
import { createShow, type ShowOptions } from '../../src/link/qr-show.js';
import { type Modules, QUIET_ZONE_MODULES } from '../../src/link/qr-symbol.js';
import { writeWhole } from './files.js';
import { PAGE_SCRIPT, PAGE_STYLE, type PageData } from './page-parts.js';

export interface PageOptions extends ShowOptions {
  /** Pictures a second to begin with; whoever shows the page can change it. Default 10. */
  readonly framesPerSecond?: number;
  /**
   * How many pictures more than are needed, as a part of these. The page plays all of them round and round; with 1, the
   * default, a camera that misses half of a round still has enough of it.
   */
  readonly spare?: number;
}

/**
 * A page that shows messages to a camera: one file that needs no network and no other file, and that its own
 * content-security policy keeps from anything but its own script. Throws what {@link createShow} throws.
 */
export function createPage(messages: readonly Uint8Array[], options: PageOptions = {}): string {
  const { framesPerSecond = 10, spare = 1 } = options;
  const show = createShow(messages, options);
  const pictures = [...show.firstPictures(spare)].map(({ modules }) => packModules(modules).toString('base64'));
  const side = 17 + 4 * show.version;
  const data: PageData = { side, quietZone: QUIET_ZONE_MODULES, framesPerSecond, pictures };
  const bytes = messages.reduce((sum, { length }) => sum + length, 0);
  const what = messages.length === 1 ? '1 message' : `${messages.length} messages`;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(PAGE_SCRIPT)}'`,
    `style-src '${hashOf(PAGE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${what} for a camera</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${what}, ${bytes} bytes, in ${show.picturesPerRound} codes</h1>
<p>Point the camera of the receiving station here until it has everything. It may start at any time and miss codes.</p>
</header>
<main><canvas id="code" role="img" aria-label="QR code"></canvas></main>
<footer>
<button id="toggle" type="button">Pause</button>
<label>Speed <input id="speed" type="range" min="1" max="15" value="${framesPerSecond}"></label>
<output id="position"></output>
</footer>
<noscript><p>The codes are drawn by a script in this page, and scripts are switched off.</p></noscript>
<script type="application/json" id="data">${JSON.stringify(data)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

/** Writes {@link createPage} to a file. Throws what it throws, and what {@link writeWhole} throws. */
export async function writePage(
  messages: readonly Uint8Array[],
  path: string,
  options: PageOptions = {},
): Promise<void> {
  await writeWhole(path, createPage(messages, options));
}

/** As {@link writePage}, one page a message, named after it, in a folder that exists. */
export async function writePages(
  messages: readonly Uint8Array[],
  folder: string,
  options: PageOptions = {},
): Promise<void> {
  for (const message of messages)
    await writePage([message], join(folder, `${toHex(messageIdOf(message))}.html`), options);
}

/** A source of a content-security policy (CSP 3, section 2.3.1). */
function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function packModules(modules: Modules): Buffer {
  const inner = modules.slice(QUIET_ZONE_MODULES, -QUIET_ZONE_MODULES);
  const bits = inner.flatMap((row) => row.slice(QUIET_ZONE_MODULES, -QUIET_ZONE_MODULES));
  const packed = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [i, dark] of bits.entries()) {
    if (dark) packed.writeUInt8(packed.readUInt8(i >> 3) | (0x80 >> (i & 7)), i >> 3);
  }
  return packed;
}
