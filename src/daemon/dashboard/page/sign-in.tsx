import { useEffect, useState } from 'preact/hooks';
import { signIn } from './api.js';
import { messageOf } from './parts.js';

/** Behind `#code=`, where the QR code of the terminal puts it; it is taken out of the address at once. */
function takeCode(): string {
  const code = /^#code=([\w-]{1,40})$/.exec(location.hash)?.[1] ?? '';
  if (code !== '') history.replaceState(null, '', location.pathname);
  return code;
}

/** Asks for the code that the terminal printed. */
export function SignIn({ notice, onSignedIn }: { notice: string; onSignedIn: () => void }) {
  const [code, setCode] = useState(takeCode);
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (code: string): Promise<void> => {
    setBusy(true);
    setProblem('');
    try {
      await signIn(code);
      onSignedIn();
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };
  useEffect(() => {
    document.title = 'Sign in - waypost';
    if (code !== '') void submit(code);
    // The address with a code may be opened where this page is open already.
    const follow = (): void => {
      const given = takeCode();
      if (given === '') return;
      setCode(given);
      void submit(given);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return (
    <main class="sign-in">
      <h1>Sign in to this gateway</h1>
      {notice !== '' && <p role="status">{notice}</p>}
      <p>
        On the machine of the gateway, run <code>waypost dashboard</code>. It prints a code that is good once, for ten
        minutes.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(code);
        }}
      >
        <label for="code">Code from the terminal</label>
        <input
          id="code"
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          required
          maxLength={40}
          aria-describedby="code-problem"
        />
        <button type="submit" disabled={isBusy}>
          Sign in
        </button>
        <p id="code-problem" role="alert" class={problem === '' ? undefined : 'problem'}>
          {problem}
        </p>
      </form>
    </main>
  );
}
