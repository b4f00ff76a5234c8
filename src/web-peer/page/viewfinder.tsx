import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Camera } from '../media/camera.js';
import { Problem } from './parts.js';
import { useAction } from './view.js';

interface ViewfinderProps {
  readonly camera: Camera;
  /** Takes the texts of the codes in one picture. */
  onCodes(texts: readonly string[]): Promise<void>;
  onClose(): void;
  /** What was found so far. */
  readonly children?: ComponentChildren;
}

/** The camera, as long as it is on the page; and pictures instead of it, which need neither https nor a permission. */
export function Viewfinder({ camera, onCodes, onClose, children }: ViewfinderProps) {
  const video = useRef<HTMLVideoElement>(null);
  const take = useRef(onCodes);
  take.current = onCodes;
  const [problem, run] = useAction();
  useEffect(() => {
    const stop = new AbortController();
    const { current } = video;
    if (current !== null) {
      current.scrollIntoView({ block: 'nearest' });
      run(() => camera.watch(current, (texts) => take.current(texts), stop.signal));
    }
    return () => stop.abort();
  }, []);
  const choose = ({ currentTarget: input }: { readonly currentTarget: HTMLInputElement }): void => {
    const pictures = [...(input.files ?? [])];
    run(async () => {
      for (const picture of pictures) await onCodes(await camera.readPicture(picture));
      input.value = '';
    });
  };
  return (
    <div class="viewfinder">
      <video ref={video} muted aria-label="What the camera sees" />
      {children}
      <Problem text={problem} />
      <label>
        Or pictures of the codes
        <input type="file" accept="image/*" multiple onChange={choose} />
      </label>
      <button type="button" onClick={onClose}>
        Stop the camera
      </button>
    </div>
  );
}
