import { useState } from 'preact/hooks';
import { messageOf } from './parts.js';

/** Something that a person asks for and that can go wrong. Never rejects. */
export type Attempt = (work: () => Promise<unknown>) => Promise<void>;

/** What went wrong with the last attempt, empty as long as nothing did, and the way to make one. */
export function useAttempt(): [problem: string, attempt: Attempt] {
  const [problem, setProblem] = useState('');
  const attempt: Attempt = async (work) => {
    setProblem('');
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return [problem, attempt];
}
