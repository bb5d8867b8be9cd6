import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { expect, test } from '@jest/globals';
import type { Command } from 'commander';

import { buildProgram } from './program.js';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

function verbsOf(command: Command, path: readonly string[] = []): { verb: string; command: Command }[] {
  if (command.commands.length === 0) return [{ verb: path.join(' '), command }];
  return command.commands.flatMap((one) => verbsOf(one, [...path, one.name()]));
}

const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
const verbs = verbsOf(buildProgram({ stdin, stdout, stderr }, () => Promise.resolve()));

test.each(verbs.map(({ verb }) => verb))('the README tells of the verb %s', (verb) => {
  const [group, ...rest] = verb.split(' ');
  // `engine render|check|apply` and the like stand in one row.
  const mentioned = new RegExp(`\`${group!} (?:[a-z-]+\\|)*${rest.join(' ')}\\b|\`${verb}\\b`);
  expect(readme).toMatch(mentioned);
});

test('the README tells of every option of the verbs for receivers', () => {
  const groups = /^(listen|subscription|replay|parked|action|filter|recipients|reconcile|statement|work-items)\b/;
  const options = verbs
    .filter(({ verb }) => groups.test(verb))
    .flatMap(({ command }) => command.options.map((option) => option.long!));
  expect([...new Set(options)].filter((option) => !readme.includes(option))).toEqual([]);
});
