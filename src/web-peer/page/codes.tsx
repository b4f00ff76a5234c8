import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createShow } from '../../link/qr-show.js';
import { drawText } from '../../link/qr-symbol.js';
import { drawModules, playCodes } from '../media/code-screen.js';

/** A text as a QR code. */
export function CodeOf({ text, label }: { readonly text: string; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) drawModules(canvas.current, drawText(text));
  }, [text]);
  return (
    <div class="code">
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}

interface AnimationProps {
  readonly messages: readonly Uint8Array[];
  /** Told when all of them were on the screen. */
  onRound(): void;
}

/** A camera with 30 pictures a second sees each whole at least once. */
const PICTURES_A_SECOND = 10;

/** Messages as animated QR codes (docs/transports/qr.md). */
export function Animation({ messages, onRound }: AnimationProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const show = useMemo(() => createShow(messages), [messages]);
  const [speed, setSpeed] = useState(PICTURES_A_SECOND);
  const current = useRef(speed);
  current.current = speed;
  useEffect(() => {
    const stop = new AbortController();
    if (canvas.current !== null) {
      playCodes(canvas.current, show, { speed: () => current.current, onRound, signal: stop.signal });
    }
    return () => stop.abort();
  }, [show]);
  return (
    <>
      <div class="code">
        <canvas ref={canvas} role="img" aria-label="QR codes for the camera of the gateway" />
      </div>
      <label>
        Codes a second: {speed} ({show.picturesPerRound} in all)
        <input
          type="range"
          min={1}
          max={15}
          value={speed}
          onInput={(event) => setSpeed(Number(event.currentTarget.value))}
        />
      </label>
    </>
  );
}
