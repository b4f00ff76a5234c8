import { registerHooks } from 'node:module';

/*
 * Lets Node run the project's TypeScript as it is: imports name the `.js` that a compiler would write, and where only
 * the `.ts` is there, that is meant. For worker threads and child processes, which a test runner does not transform.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const fromSource = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return nextResolve(fromSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
