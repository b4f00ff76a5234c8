import { useState } from 'preact/hooks';
import { countOf } from '../../../measures.js';
import { bring, readPicture, type Taken } from '../api.js';
import { messageOf } from '../parts.js';

/** The largest message that can be configured. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];

/** What became of files that were chosen. */
interface Report {
  readonly taken: number;
  readonly known: number;
  readonly refused: readonly string[];
}

const NOTHING: Report = { taken: 0, known: 0, refused: [] };

/** Message files, and pictures of QR codes, from the machine of the browser. */
export function Upload({ isForAnybody }: { isForAnybody: boolean }) {
  const [said, setSaid] = useState('');
  const [refused, setRefused] = useState<readonly string[]>([]);
  const take = async (files: readonly File[]): Promise<void> => {
    const report = await takeFiles(files, isForAnybody, (done) => setSaid(`${done} of ${files.length} files …`));
    setSaid(`${countOf(report.taken, 'message')} taken, ${report.known} were here already.`);
    setRefused(report.refused);
  };
  return (
    <section aria-labelledby="files">
      <h2 id="files">Files</h2>
      <label for="messages">Message files (.dcem), or pictures of QR codes (PNG, JPEG), as many as there are</label>
      <input
        id="messages"
        class="field"
        type="file"
        multiple
        onChange={({ currentTarget }) => void take([...(currentTarget.files ?? [])])}
      />
      <p role="status">{said}</p>
      <ul>
        {refused.map((why) => (
          <li key={why}>{why}</li>
        ))}
      </ul>
    </section>
  );
}

async function takeFiles(
  files: readonly File[],
  isForAnybody: boolean,
  onDone: (done: number) => void,
): Promise<Report> {
  const { createReceiver } = await import('../codes.js');
  const receiver = createReceiver();
  let report = NOTHING;
  const take = async (name: string, message: Uint8Array): Promise<void> => {
    report = counted(report, name, await bring(message, isForAnybody));
  };
  for (const [done, file] of files.entries()) {
    onDone(done);
    try {
      if (await isPicture(file)) {
        for (const text of await readPicture(file)) {
          const receipt = receiver.push(text);
          if (receipt.kind === 'message') await take(file.name, receipt.message);
        }
      } else if (file.size <= MAX_MESSAGE_BYTES) {
        await take(file.name, new Uint8Array(await file.arrayBuffer()));
      } else throw new Error(`it has ${file.size} bytes, a message has at most ${MAX_MESSAGE_BYTES}`);
    } catch (error) {
      report = { ...report, refused: [...report.refused, `${file.name}: ${messageOf(error)}`] };
    }
  }
  const missing = [...receiver.incomplete()].map(
    ({ missingFrames, sourceFrames }) => `A message needs ${missingFrames} more of ${sourceFrames} pictures.`,
  );
  return { ...report, refused: [...report.refused, ...missing] };
}

async function isPicture(file: File): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, PNG.length).arrayBuffer());
  return [PNG, JPEG].some((signature) => signature.every((byte, index) => start[index] === byte));
}

function counted(report: Report, name: string, taken: Taken): Report {
  switch (taken.outcome) {
    case 'stored':
    case 'handled':
      return { ...report, taken: report.taken + 1 };
    case 'refused':
      return { ...report, refused: [...report.refused, `${name}: ${taken.message} (${taken.code})`] };
    default:
      return { ...report, known: report.known + 1 };
  }
}
