/**
 * Readies a process that runs test files. Jest's own runner gives each file a world of its own and reads every module
 * into it again, which was half of the whole run's time; here the files of a process share the modules that they load.
 * TypeScript is compiled in memory, so tests need no build of the libraries, and the libraries are read from source.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import '../typescript.mjs';

const project = new URL('../../../', import.meta.url);
const globals = new URL('globals.mjs', import.meta.url).href;

process.setSourceMapsEnabled(true);

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
    const library = /^@signalbox\/([a-z]+)$/.exec(specifier)?.[1];
    return library === undefined
      ? next(specifier, context)
      : next(new URL(`libs/${library}/src/index.ts`, project).href, context);
  },
  load(url, context, next) {
    const [file = url] = url.split('?');
    if (!file.endsWith('.ts')) return next(url, context);
    const filename = fileURLToPath(file);
    // Node strips types, but the apps' decorators have to be compiled.
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      sourceMaps: 'inline',
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2024',
        keepClassNames: true,
      },
      module: { type: 'es6' },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
