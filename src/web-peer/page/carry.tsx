import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Carrier, ForCamera } from '../agent/carrier.js';
import type { ScanProgress } from '../agent/scan.js';
import type { Camera } from '../media/camera.js';
import { Animation } from './codes.js';
import { Problem } from './parts.js';
import { useAction } from './view.js';
import { Viewfinder } from './viewfinder.js';

interface CarryProps {
  readonly carrier: Carrier;
  readonly camera: Camera;
  /** How many messages and acknowledgements wait here; undefined for somebody who has no mailbox at the gateway yet. */
  readonly waiting: number | undefined;
  /** Told whether the camera or the screen is in use. */
  onBusy(isBusy: boolean): void;
}

/** Exchanging messages with the gateway by screens and cameras, for places without a network. */
export function Carry({ carrier, camera, waiting, onBusy }: CarryProps) {
  const [isScanning, setScanning] = useState(false);
  const [shown, setShown] = useState<ForCamera>();
  const [seen, setSeen] = useState('');
  const [problem, run] = useAction();
  const isBusy = isScanning || shown !== undefined;
  useEffect(() => onBusy(isBusy), [isBusy]);
  if (isScanning) {
    const close = (progress: ScanProgress): void => {
      setSeen(summary(progress));
      setScanning(false);
    };
    return <Scanning carrier={carrier} camera={camera} onClose={close} />;
  }
  if (shown !== undefined) return <Showing carrier={carrier} shown={shown} onClose={() => setShown(undefined)} />;
  const show = async (): Promise<void> => {
    const forCamera = await carrier.forCamera();
    if (forCamera.messages.length > 0) setShown(forCamera);
    else setSeen('Nothing of what waits can be shown now.');
  };
  return (
    <section>
      <h2>Without a network</h2>
      {waiting === undefined ? (
        <p>You have no mailbox at the gateway yet. Show it your request for one, and scan its answer.</p>
      ) : null}
      <p>
        A gateway near you shows what waits for you as QR codes (waypost export --qr), and a camera of it reads what you
        show.
      </p>
      <button type="button" onClick={() => setScanning(true)}>
        Scan the screen of the gateway
      </button>
      <button type="button" disabled={waiting === 0} onClick={() => run(show)}>
        {waiting === undefined ? 'Show the request for a mailbox' : `Show what waits here (${waiting})`}
      </button>
      <p role="status">{seen}</p>
      <Problem text={problem} />
    </section>
  );
}

interface ScanningProps {
  readonly carrier: Carrier;
  readonly camera: Camera;
  onClose(progress: ScanProgress): void;
}

function Scanning({ carrier, camera, onClose }: ScanningProps) {
  const scan = useMemo(() => carrier.scan(), []);
  const [progress, setProgress] = useState(scan.progress);
  const [problem, run] = useAction();
  // Also when the page is left in another way than by the button.
  useEffect(() => () => run(() => scan.finish()), []);
  const onCodes = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await scan.push(text);
    setProgress(scan.progress);
  };
  const { current, foreign } = progress;
  return (
    <section>
      <h2>The screen of the gateway</h2>
      <Viewfinder camera={camera} onCodes={onCodes} onClose={() => onClose(scan.progress)}>
        <p role="status">{summary(progress)}</p>
        {current === undefined ? null : (
          <label>
            {current.seen} of {current.needed} codes of the next message
            <progress max={current.needed} value={current.seen} />
          </label>
        )}
        {foreign > 0 && current === undefined && progress.taken === 0 ? (
          <p>The camera sees a code that is no part of a message.</p>
        ) : null}
      </Viewfinder>
      <Problem text={problem} />
    </section>
  );
}

interface ShowingProps {
  readonly carrier: Carrier;
  readonly shown: ForCamera;
  onClose(): void;
}

function Showing({ carrier, shown, onClose }: ShowingProps) {
  const [isWhole, setWhole] = useState(false);
  const [problem, run] = useAction();
  const onRound = (): void => {
    setWhole(true);
    run(() => carrier.markShown(shown));
  };
  const believe = (): void => {
    run(async () => {
      await carrier.believeRead(shown);
      onClose();
    });
  };
  return (
    <section>
      <h2>For the camera of the gateway</h2>
      <p role="status">
        {countOf(shown.messages.length, 'message or acknowledgement', 'messages and acknowledgements')}.
        {shown.left > 0 ? ` ${shown.left} more wait for another time.` : ''}{' '}
        {isWhole
          ? 'All of it was shown; go on until the gateway says that it has it.'
          : 'It may be read from any code on.'}
      </p>
      <Animation messages={shown.messages} onRound={onRound} />
      <button type="button" onClick={believe}>
        The gateway says that it has it
      </button>
      <button type="button" onClick={onClose}>
        Stop
      </button>
      <Problem text={problem} />
    </section>
  );
}

function summary({ taken, forOthers, unreadable }: ScanProgress): string {
  const came = `${countOf(taken, 'message was', 'messages were')} read and kept.`;
  const others = forOthers === 0 ? '' : ` ${countOf(forOthers, 'is', 'are')} for somebody else.`;
  const bad = unreadable === 0 ? '' : ` ${unreadable} cannot be read.`;
  const next = taken === 0 ? '' : ' The gateway keeps a copy until it is told: that waits here now.';
  return `${came}${others}${bad}${next}`;
}

function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
