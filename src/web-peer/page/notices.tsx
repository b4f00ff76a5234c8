/** In place of everything else while another tab is in charge. */
export function OtherTab({ onTakeOver }: { onTakeOver(): void }) {
  return (
    <main>
      <h1>Open in another tab</h1>
      <p role="status">Your messages are open in another tab or window of this browser, and come in there.</p>
      <button type="button" onClick={onTakeOver}>
        Use them here instead
      </button>
    </main>
  );
}

/** Nothing while the newest version that is known is in use. */
export function UpdateNotice({ isThere, onUpdate }: { readonly isThere: boolean; onUpdate(): void }) {
  return isThere ? (
    <p role="status">
      A newer version of this page is here.{' '}
      <button type="button" onClick={onUpdate}>
        Use it now
      </button>
    </p>
  ) : null;
}
