import { useEffect, useState } from 'preact/hooks';
import { countOf } from '../../../measures.js';
import { type CheckGroup, fetchChecks } from '../api.js';
import { Problem } from '../parts.js';

/** What `waypost check` finds: radios, ports, data folder, clock; each problem with what helps. */
export function Checks() {
  const [groups, setGroups] = useState<readonly CheckGroup[]>();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const look = async (): Promise<void> => {
    setBusy(true);
    try {
      setGroups(await fetchChecks());
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  useEffect(() => void look(), []);
  return (
    <>
      <button type="button" onClick={() => void look()} disabled={isBusy}>
        Look again
      </button>
      <p role="status">{isBusy ? 'Looking …' : groups === undefined ? '' : summary(groups)}</p>
      {problem !== '' && <Problem>{problem}</Problem>}
      {groups?.map(
        ({ group, findings }) => findings.length > 0 && <Group key={group} group={group} findings={findings} />,
      )}
    </>
  );
}

function Group({ group, findings }: CheckGroup) {
  return (
    <section>
      <h2>{group}</h2>
      <ul class="findings">
        {findings.map(({ level, message, fix }) => (
          <li key={message}>
            <span class={`tag ${level}`}>{level}</span>
            <div>
              {message}
              {fix !== undefined && (
                <p>
                  What helps: <code>{fix}</code>
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function summary(groups: readonly CheckGroup[]): string {
  const count = (level: string): number =>
    groups.reduce((sum, { findings }) => sum + findings.filter((finding) => finding.level === level).length, 0);
  const [errors, warnings] = [count('error'), count('warning')];
  return `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}.`;
}
