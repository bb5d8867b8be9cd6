/**
 * Readies a process that runs test files. Jest's own runner gives each file a world of its own and reads every module
 * into it again, which was half of the whole run's time; here the files of a process share the modules that they load.
 * The libraries are read from source, so tests need no build of them.
 */
import { registerHooks } from 'node:module';
import '../typescript.mjs';

const project = new URL('../../../', import.meta.url);
const globals = new URL('globals.mjs', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
    const library = /^@signalbox\/([a-z]+)$/.exec(specifier)?.[1];
    return library === undefined
      ? next(specifier, context)
      : next(new URL(`libs/${library}/src/index.ts`, project).href, context);
  },
});
