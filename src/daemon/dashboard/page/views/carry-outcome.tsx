import { countOf } from '../../../measures.js';
import type { Carried } from '../api.js';
import { Problem } from '../parts.js';

/** What became of an export or import, or how far it is. */
export function Outcome({ carried: { kind, folder, state, error, report } }: { carried: Carried }) {
  return (
    <div role="status">
      <p>
        {kind === 'export' ? 'Export to' : 'Import from'} <code>{folder}</code>{' '}
        {state === 'running' ? 'goes on …' : state === 'done' ? 'is complete.' : 'broke off.'} {inWords(report)}
      </p>
      {error !== null && (
        <Problem fix="put the stick in again, and begin again: what was done already is not done twice">
          {error.message} ({error.code})
        </Problem>
      )}
      {'skipped' in report && report.skipped.length > 0 && (
        <>
          <p>{countOf(report.skippedCount, 'file')} could not be taken and stay there:</p>
          <ul>
            {report.skipped.map(({ code, message }) => (
              <li key={message}>
                <code>{code}</code> {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function inWords(report: Carried['report']): string {
  if ('written' in report) {
    const { written, present, removed } = report;
    return `${countOf(written, 'message')} written, ${present} were there already, ${removed} acknowledged ones removed.`;
  }
  const { stored, handled, duplicates, receipts, removed, others } = report;
  const taken = `${countOf(stored + handled, 'message')} taken, ${duplicates} were here already`;
  const left = others === 0 ? '' : ` ${countOf(others, 'message')} for others left alone.`;
  return `${taken}; ${countOf(receipts, 'acknowledgement')} written, ${countOf(removed, 'file')} removed.${left}`;
}
