import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { shorten } from '../../measures.js';

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names and values. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Long DIDs differ at both ends; the whole one can be copied. */
export function Did({ did }: { did: string }) {
  return (
    <span class="did">
      <span title={did}>{shorten(did, 34)}</span> <Copy text={did} what="DID" />
    </span>
  );
}

/** `what`: for the name of the button, such as `DID`. */
export function Copy({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('This browser does not let the page copy');
    }
  };
  return (
    <>
      <button type="button" class="small" onClick={() => void copy()} aria-label={`Copy ${what}`}>
        Copy
      </button>
      <span role="status"> {said}</span>
    </>
  );
}

/** A problem in words, and what helps. */
export function Problem({ children, fix }: { children: ComponentChildren; fix?: string | undefined }) {
  return (
    <div class="problem">
      <p>{children}</p>
      {fix !== undefined && (
        <p>
          What helps: <code>{fix}</code>
        </p>
      )}
    </div>
  );
}
