import { useEffect, useRef, useState } from 'preact/hooks';
import { fetchIsFirstRun, fetchStatus, isSignedIn, type Status, signOut } from './api.js';
import { usePolled } from './polling.js';
import { SignIn } from './sign-in.js';
import { Backup } from './views/backup.js';
import { Carry } from './views/carry.js';
import { Checks } from './views/checks.js';
import { FirstRun } from './views/first-run.js';
import { Log } from './views/log.js';
import { Overview } from './views/overview.js';
import { Pairing } from './views/pairing.js';
import { Peers } from './views/peers.js';
import { Queues } from './views/queues.js';

const VIEWS = [
  { path: '#/', title: 'Overview', View: Overview },
  { path: '#/pairing', title: 'Pairing', View: Pairing },
  { path: '#/peers', title: 'Peers', View: Peers },
  { path: '#/queues', title: 'Queues', View: Queues },
  { path: '#/carry', title: 'Carry', View: Carry },
  { path: '#/backup', title: 'Backup', View: Backup },
  { path: '#/checks', title: 'Checks', View: Checks },
  { path: '#/log', title: 'Log', View: Log },
] as const;

/** The sign-in, or the frame around one view. */
export function App() {
  // A code in the address asks for a new session, whatever there was before.
  const [isIn, setIn] = useState(() => isSignedIn() && !location.hash.startsWith('#code='));
  const [notice, setNotice] = useState('');
  if (!isIn) return <SignIn notice={notice} onSignedIn={() => setIn(true)} />;
  const leave = (why: string): void => {
    setNotice(why);
    setIn(false);
  };
  return <Frame onSignedOut={leave} />;
}

function Frame({ onSignedOut }: { onSignedOut: (why: string) => void }) {
  const path = useHash();
  const { value: status, error } = usePolled(fetchStatus);
  const [isFirstRun, setFirstRun] = useState(false);
  useEffect(() => {
    // Whoever is not told about it has all the other views.
    fetchIsFirstRun().then(setFirstRun, () => {});
  }, []);
  const begin = { path: '#/first-run', title: 'First run', View: FirstRun };
  const views = isFirstRun ? [begin, ...VIEWS] : VIEWS;
  const { title, View } = views.find((view) => view.path === path) ?? (isFirstRun ? begin : VIEWS[0]);
  const finish = (): void => {
    setFirstRun(false);
    location.hash = '#/';
  };
  const heading = useRef<HTMLHeadingElement>(null);
  const isOver = error?.kind === 'signed-out';
  useEffect(() => {
    if (isOver) onSignedOut(error?.message ?? '');
  }, [isOver]);
  useEffect(() => {
    document.title = `${title} - waypost`;
    // Whoever listens to the page rather than sees it is told that it is another one now.
    heading.current?.focus();
  }, [title]);
  return (
    <>
      <header>
        <p class="brand">
          <strong>{status?.name ?? 'waypost'}</strong> <State status={status} isAway={error?.kind === 'away'} />
        </p>
        <button type="button" onClick={() => void signOut().then(() => onSignedOut('You are signed out.'))}>
          Sign out
        </button>
      </header>
      <nav aria-label="Views">
        <ul>
          {views.map((view) => (
            <li key={view.path}>
              <a href={view.path} aria-current={view.title === title ? 'page' : undefined}>
                {view.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <div role="alert">
          {error?.kind === 'away' && (
            <p class="problem">
              The gateway is gone: it does not answer. What stands below is what it said last. It is asked again by
              itself; on its machine, <code>waypost status</code> says more.
            </p>
          )}
        </div>
        {status === undefined ? (
          error === undefined && <p>Asking the gateway …</p>
        ) : (
          <View status={status} onFinished={finish} />
        )}
      </main>
    </>
  );
}

function State({ status, isAway }: { status: Status | undefined; isAway: boolean }) {
  if (isAway) return <span class="tag error">gone</span>;
  if (status === undefined) return null;
  return status.full === null ? <span class="tag ok">running</span> : <span class="tag error">full</span>;
}

function useHash(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return hash;
}
