import { createFirstRun, type FirstRun, type FirstRunOptions } from './first-run.js';

/** What is done with a gateway now and then, and loaded when somebody does. */
export interface Tools extends AsyncDisposable {
  readonly firstRun: FirstRun;
}

export interface ToolsOptions extends FirstRunOptions {}

export function openTools(options: ToolsOptions): Tools {
  return {
    firstRun: createFirstRun(options),
    async [Symbol.asyncDispose]() {},
  };
}
