import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { expect, test } from '@jest/globals';
import type { Command } from 'commander';

import { buildProgram } from './program.js';

const project = join(import.meta.dirname, '..', '..', '..');
const runbooks = join('docs', 'runbooks');
const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
const program = buildProgram({ stdin, stdout, stderr }, () => Promise.resolve());

const documents = [
  'README.md',
  join('apps', 'cli', 'README.md'),
  ...readdirSync(join(project, runbooks)).map((file) => join(runbooks, file)),
];

/** Every line of a runbook or README that runs this command. */
const commands = documents.flatMap((file) =>
  readFileSync(join(project, file), 'utf8')
    .split('\n')
    .filter((line) => /^(npx )?signalbox /.test(line))
    .map((line) => [file, line.replace(/^npx /, '').replace(/ +#.*$/, '')] as const),
);

/** The words of a line as a shell has them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\$\([^)]*\)|<[^>]*>|\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );

/** What a line asks for that this command does not know; undefined = it knows all of it. */
function unknownIn(line: string): string | undefined {
  const [, ...words] = wordsOf(line);
  let at: Command = program;
  let taken = 0;
  for (const word of words) {
    const below = taken === 0 ? at.commands.find((command) => command.name() === word) : undefined;
    if (below !== undefined) at = below;
    else if (word === '--help') return undefined;
    else if (word.startsWith('--')) {
      if (!knows(at, word)) return word;
    } else taken += 1;
  }
  if (at === program) return words[0];
  const values = words.filter((word, index) => takesValue(at, words[index - 1]) && !word.startsWith('--')).length;
  return taken - values > at.registeredArguments.length || missing(at, taken - values) ? at.name() : undefined;
}

const optionOf = (command: Command, name: string | undefined) =>
  [...command.options, ...program.options].find(({ long }) => long === name);
const knows = (command: Command, name: string): boolean => optionOf(command, name) !== undefined;
const takesValue = (command: Command, before: string | undefined): boolean => {
  const option = optionOf(command, before);
  return option !== undefined && (option.required || option.optional);
};
const missing = (command: Command, given: number): boolean =>
  command.registeredArguments.filter(({ required }) => required).length > given;

test.each(commands)('%s: this command knows "%s"', (_file, line) => {
  expect(unknownIn(line)).toBeUndefined();
});

test('a command that there is not would be noticed', () => {
  expect(unknownIn('signalbox repair everything')).toBe('repair');
  expect(unknownIn('signalbox stuck --nonsense')).toBe('--nonsense');
  expect(unknownIn('signalbox subscription health')).toBe('health');
  expect(unknownIn('signalbox stage impact X9L3B "a type" warn')).toBe('impact');
});
