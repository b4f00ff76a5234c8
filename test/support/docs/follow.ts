import { readSteps } from './blocks.js';
import { openOwnNetwork, openSharedNetwork } from './own-network.js';
import { Terminals } from './terminals.js';

/**
 * Does what a document tells its reader, in a folder, and looks for what it shows. In a network of its own, or in that of the
 * machine where it cannot have one. Throws with the place in the document when something is not as it says.
 */
export async function followDocument(
  file: string,
  options: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const network = (await openOwnNetwork()) ?? (await openSharedNetwork());
  if (typeof network === 'string') throw new Error(network);
  await using stack = new AsyncDisposableStack();
  stack.use(network);
  const terminals = stack.use(new Terminals({ ...options, network }));
  for (const step of readSteps(file)) {
    if (step.step === 'commands') await terminals.run(step);
    else await terminals.expect(step);
  }
}
