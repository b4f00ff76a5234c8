import type { Show } from '../../link/qr-show.js';
import type { Modules } from '../../link/qr-symbol.js';

/** How an animation is played. */
export interface PlayOptions {
  /** Pictures a second; asked for each. */
  readonly speed: () => number;
  /** Told when everything was on the screen once more. */
  onRound(): void;
  readonly signal: AbortSignal;
}

/**
 * Draws a QR code as wide as the element around the canvas, in whole pixels of the screen: uneven modules are harder to read.
 * Dark on light in every colour scheme, because most readers know no other.
 */
export function drawModules(canvas: HTMLCanvasElement, modules: Modules): void {
  const pen = canvas.getContext('2d', { alpha: false });
  const room = (canvas.parentElement?.clientWidth ?? 0) * devicePixelRatio;
  const scale = Math.max(1, Math.floor(room / modules.length));
  canvas.width = modules.length * scale;
  canvas.height = modules.length * scale;
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
  if (pen === null) return;
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#000';
  for (const [y, row] of modules.entries()) {
    for (const [x, isDark] of row.entries()) if (isDark) pen.fillRect(x * scale, y * scale, scale, scale);
  }
}

/** Plays an animation on a canvas, without end, and keeps the screen on where the browser lets it. Ends with the signal. */
export function playCodes(canvas: HTMLCanvasElement, show: Show, { speed, onRound, signal }: PlayOptions): void {
  const pictures = show.pictures();
  let round = 0;
  let timer: ReturnType<typeof setTimeout>;
  const step = (): void => {
    const { value } = pictures.next();
    if (value === undefined) return;
    if (value.round > round) {
      round = value.round;
      onRound();
    }
    drawModules(canvas, value.modules);
    timer = setTimeout(step, 1000 / speed());
  };
  step();
  const release = keepScreenOn();
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      release();
    },
    { once: true },
  );
}

/** Screen Wake Lock API; without it the screen goes dark when it does. */
function keepScreenOn(): () => void {
  const lock = navigator.wakeLock?.request('screen').catch(() => undefined);
  return () => void lock?.then((held) => held?.release());
}
