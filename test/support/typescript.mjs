/**
 * Lets a plain script use what is here beside it. Node strips the types by itself; it does not look for `x.ts` where
 * an import says `x.js`, as the compiler does. Import this first, and then `await import('../support/index.ts')`.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const ofSource = /\.ts(\?|$)/.test(context.parentURL ?? '') && /^\.{1,2}\/.*\.js$/.test(specifier);
    return next(ofSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
