import { useState } from 'preact/hooks';
import { fetchMessage } from './api.js';
import { messageOf } from './parts.js';
import { save } from './save.js';

interface DownloadProps {
  readonly destination: string;
  readonly id: string;
  /** The message before it in its queue. */
  readonly after: string | undefined;
}

/** Saves a message as a file that `waypost import` takes. It stays queued all the same. */
export function Download({ destination, id, after }: DownloadProps) {
  const [said, setSaid] = useState('');
  const download = async (): Promise<void> => {
    try {
      const message = await fetchMessage(destination, id, after);
      if (message !== undefined) save(message.name, new Blob([message.content]));
      setSaid(message === undefined ? 'It left meanwhile.' : 'Saved.');
    } catch (error) {
      setSaid(messageOf(error));
    }
  };
  return (
    <>
      <button type="button" class="small" aria-label={`Download message ${id}`} onClick={() => void download()}>
        Download
      </button>
      <span role="status"> {said}</span>
    </>
  );
}
