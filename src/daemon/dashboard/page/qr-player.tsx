import { useEffect, useRef, useState } from 'preact/hooks';
import { countOf } from '../../measures.js';
import type { Animation } from './codes.js';

const MOST_PER_SECOND = 15;
const USUAL_PER_SECOND = 8;

/** Plays an animation for a camera: round and round, until it is stopped. */
export function QrPlayer({ animation, onStop }: { animation: Animation; onStop: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [perSecond, setPerSecond] = useState(USUAL_PER_SECOND);
  const [isPlaying, setPlaying] = useState(true);
  const [shown, setShown] = useState(0);
  useEffect(() => {
    if (!isPlaying) return undefined;
    const draw = (): void => {
      if (canvas.current !== null) drawModules(canvas.current, animation);
      setShown((count) => count + 1);
    };
    draw();
    const timer = setInterval(draw, 1000 / perSecond);
    return () => clearInterval(timer);
  }, [animation, isPlaying, perSecond]);
  return (
    <section aria-label="QR codes for a camera">
      <p role="status">
        {countOf(animation.messages, 'message')} in {countOf(animation.picturesPerRound, 'code')}. Point the camera of
        the other station here until it has everything; it may miss codes and begin at any time.
      </p>
      <canvas ref={canvas} class="qr" role="img" aria-label="Animated QR code" />
      <p class="countdown">Code {shown}</p>
      <div class="actions">
        <button type="button" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? 'Pause' : 'Go on'}
        </button>
        <label>
          Codes a second{' '}
          <input
            type="range"
            min={1}
            max={MOST_PER_SECOND}
            value={perSecond}
            onInput={({ currentTarget }) => setPerSecond(currentTarget.valueAsNumber)}
          />{' '}
          {perSecond}
        </label>
        <button type="button" onClick={onStop}>
          Stop
        </button>
      </div>
    </section>
  );
}

/** Whole pixels of the screen to a module: an uneven grid is harder to read. */
function drawModules(canvas: HTMLCanvasElement, animation: Animation): void {
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const { side } = animation;
  const scale = Math.max(1, Math.floor((canvas.clientWidth * devicePixelRatio) / side));
  if (canvas.width !== side * scale) canvas.width = canvas.height = side * scale;
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#000';
  for (const [y, row] of animation.next().entries()) {
    for (const [x, isDark] of row.entries()) if (isDark) pen.fillRect(x * scale, y * scale, scale, scale);
  }
}
