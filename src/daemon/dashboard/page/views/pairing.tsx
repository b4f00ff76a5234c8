import { useEffect, useState } from 'preact/hooks';
import { type Invitation, invite, revoke, type Status } from '../api.js';
import { Copy, messageOf, Problem } from '../parts.js';
import { QrCode } from '../qr.js';

const VALID_SECONDS = 5 * 60;

interface Shown extends Invitation {
  readonly endsAtMs: number;
}

/** An invitation as a QR code, for five minutes. It is revoked when the time is over or somebody leaves the view. */
export function Pairing({ status: { addresses } }: { status: Status }) {
  const [shown, setShown] = useState<Shown>();
  const [problem, setProblem] = useState('');
  const leftSeconds = useCountdown(shown?.endsAtMs);
  const make = async (): Promise<void> => {
    try {
      const invitation = await invite(VALID_SECONDS);
      setShown({ ...invitation, endsAtMs: performance.now() + VALID_SECONDS * 1000 });
      setProblem('');
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  useEffect(() => {
    if (shown === undefined) return undefined;
    return () => void revoke(shown.id).catch(() => {}); // it ends by itself all the same
  }, [shown]);
  useEffect(() => {
    if (leftSeconds === 0) setShown(undefined);
  }, [leftSeconds]);
  return (
    <>
      <p>
        An invitation lets an app use this gateway as its mediator. Where <code>mediation.admission</code> is{' '}
        <code>invitation</code>, it admits nobody any more when its time is over, or when you leave this view.
      </p>
      {!addresses.some(isForOthers) && (
        <Problem fix="http.listen: 0.0.0.0:8080 in the configuration and a restart, unless a reverse proxy on this machine serves it">
          Only programs on the machine of the gateway can reach it now: it listens on no network and no radio.
        </Problem>
      )}
      {problem !== '' && <Problem>{problem}</Problem>}
      {shown === undefined ? (
        <button type="button" class="primary" onClick={() => void make()}>
          Show an invitation
        </button>
      ) : (
        <section aria-label="Invitation">
          <QrCode content={shown.invitation} label="QR code of the invitation" />
          <p class="countdown">
            Good for <strong>{showCountdown(leftSeconds ?? 0)}</strong>
          </p>
          <p class="visually-hidden" role="status">
            An invitation is shown. It is good for five minutes.
          </p>
          <div class="actions">
            <Copy text={shown.invitation} what="invitation" />
            <button type="button" onClick={() => setShown(undefined)}>
              End it now
            </button>
          </div>
          <details>
            <summary>As text</summary>
            <code class="whole">{shown.invitation}</code>
          </details>
        </section>
      )}
    </>
  );
}

/** A reverse proxy may serve an address of this machine to others, which cannot be seen from here. */
function isForOthers(address: string): boolean {
  return !/^(file:|(https?|wss?):\/\/(127\.|localhost[:/]|\[::1\]))/.test(address);
}

function useCountdown(endsAtMs: number | undefined): number | undefined {
  const [nowMs, setNowMs] = useState(performance.now());
  useEffect(() => {
    if (endsAtMs === undefined) return undefined;
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), 500);
    return () => clearInterval(timer);
  }, [endsAtMs]);
  return endsAtMs === undefined ? undefined : Math.max(0, Math.ceil((endsAtMs - nowMs) / 1000));
}

function showCountdown(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
