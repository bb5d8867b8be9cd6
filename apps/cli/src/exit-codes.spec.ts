import { readFileSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';
import { SignalboxError } from '@signalbox/client';
import type { ProblemCode } from '@signalbox/contracts';
import { PROBLEMS } from '@signalbox/contracts';

import { CommandFailure, EXIT_CODE_MEANINGS, exitCodeOf, exitCodeOfMany } from './exit-codes.js';

function problem(code: ProblemCode): SignalboxError {
  const { status, retryable, title } = PROBLEMS[code];
  return new SignalboxError({ code, status, retryable, title, detail: title });
}

describe('the exit code', () => {
  test.each([
    ['SB-1001', 3],
    ['SB-2003', 3],
    ['SB-2006', 3],
    ['SB-4090', 3],
    ['SB-4130', 3],
    ['SB-3001', 4],
    ['SB-3004', 4],
    ['SB-3005', 5],
    ['SB-4040', 5],
    ['SB-4290', 6],
    ['SB-5030', 6],
    ['SB-5031', 6],
    ['SB-4000', 1],
    ['SB-4091', 1],
  ] as const)('of %s is %i', (code, exitCode) => {
    expect(exitCodeOf(problem(code))).toBe(exitCode);
  });

  test('of a gateway that cannot be reached says that trying again is safe', () => {
    const error = new SignalboxError({ code: 'unreachable', title: 'x', detail: 'x', retryable: true });
    expect(exitCodeOf(error)).toBe(6);
  });

  test('of what the command foresees is the one it names, of anything else 1', () => {
    expect(exitCodeOf(new CommandFailure(2, 'x'))).toBe(2);
    expect(exitCodeOf(new Error('x'))).toBe(1);
    expect(exitCodeOf('x')).toBe(1);
  });

  test.each([
    [[], 0],
    [[0, 0], 0],
    [[3, 3], 3],
    [[6, 6], 6],
    [[0, 3], 7],
    [[0, 6], 7],
    [[3, 5], 3],
  ] as const)('of several events that end with %j is %i', (codes, exitCode) => {
    expect(exitCodeOfMany(codes)).toBe(exitCode);
  });

  test('table of the README is the one of the command', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows: unknown = Object.fromEntries(
      [...readme.matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)].map(([, code, text]) => [code, text]),
    );
    expect(rows).toEqual(EXIT_CODE_MEANINGS);
  });
});
