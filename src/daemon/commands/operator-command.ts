import type { Io } from '../io.js';
import { openOperator } from '../operator/open-operator.js';
import type { Operator } from '../operator/operator.js';
import { openAll } from '../run/cleanup.js';
import { configOf, type DataOptions, dataContext } from './options.js';

/** Runs `use` with the operator of the data folder, whether its gateway runs or not. `isChanging` as for `openOperator`. */
export async function withOperator<T>(
  io: Io,
  options: DataOptions,
  purpose: string,
  use: (operator: Operator) => Promise<T>,
  isChanging = false,
): Promise<T> {
  const context = await dataContext(options, io);
  const { config } = await configOf(context.folder, io);
  return openAll(async (cleanup) => {
    const common = { ...context, config, env: io.env ?? {}, stderr: io.stderr, purpose, isChanging };
    const result = await use(await openOperator(common, cleanup));
    await cleanup[Symbol.asyncDispose]();
    return result;
  });
}
