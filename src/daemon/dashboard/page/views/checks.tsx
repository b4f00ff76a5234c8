import { useEffect, useState } from 'preact/hooks';
import { countOf } from '../../../measures.js';
import { type CheckGroup, fetchChecks } from '../api.js';
import { messageOf, Problem } from '../parts.js';

/** What `waypost check` finds: radios, ports, data folder, clock; each problem with what helps. */
export function Checks() {
  const { groups, problem, isBusy, look } = useChecks();
  return (
    <>
      <button type="button" onClick={look} disabled={isBusy}>
        Look again
      </button>
      <p role="status">{isBusy ? 'Looking …' : groups === undefined ? '' : summary(groups)}</p>
      {problem !== '' && <Problem>{problem}</Problem>}
      {groups?.map(
        ({ group, findings }) =>
          findings.length > 0 && (
            <section key={group}>
              <h2>{group}</h2>
              <Findings findings={findings} />
            </section>
          ),
      )}
    </>
  );
}

/** What the checks find, once and then whenever `look` is called. */
export function useChecks() {
  const [groups, setGroups] = useState<readonly CheckGroup[]>();
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      setGroups(await fetchChecks());
      setProblem('');
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  const look = (): void => void ask();
  useEffect(look, []);
  return { groups, problem, isBusy, look };
}

export function Findings({ findings }: Pick<CheckGroup, 'findings'>) {
  return (
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
  );
}

function summary(groups: readonly CheckGroup[]): string {
  const count = (level: string): number =>
    groups.reduce((sum, { findings }) => sum + findings.filter((finding) => finding.level === level).length, 0);
  const [errors, warnings] = [count('error'), count('warning')];
  return `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}.`;
}
