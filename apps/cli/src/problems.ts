import type { Finding } from '@signalbox/contracts';

import type { Terminal } from './terminal.js';

/** What a refused event, request or item is told by; the names are those of the problem+json answer. */
export interface ToldProblem {
  readonly code: string;
  readonly detail: string;
  readonly status?: number | undefined;
  readonly findings?: readonly Finding[];
  readonly traceid?: string | undefined;
}

/** The fields of a problem for `--json`, named as on the wire. */
export function problemFields(problem: ToldProblem): Record<string, unknown> {
  const { code, detail, status, findings = [], traceid } = problem;
  return {
    code,
    detail,
    ...(status !== undefined && { status }),
    ...(findings.length > 0 && { findings }),
    ...(traceid !== undefined && { traceid }),
  };
}

/** A problem in words: the code, the sentence, each finding with its place and mending, and the trace id. */
export function problemText(problem: ToldProblem, terminal: Terminal): string {
  const lines = [`${terminal.style('red', problem.code)}  ${problem.detail}`, ...findingLines(problem.findings ?? [])];
  if (problem.traceid !== undefined) lines.push(`  traceid ${problem.traceid}`);
  return lines.join('\n');
}

/** What leads on from a problem. */
export function nextAfter(code: string): string | undefined {
  if (code.startsWith('SB-')) return `signalbox explain ${code}`;
  const isAway = code === 'unreachable' || code === 'timed-out';
  return isAway ? 'signalbox doctor   (or signalbox dev, to start a house here)' : undefined;
}

/** Two lines a finding: where and what was expected, then how to mend it. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap((finding) => [
    `  ${finding.path === '' ? '(whole event)' : finding.path}  [${finding.rule}]  expected ${finding.expected}`,
    `      ${finding.fix}`,
  ]);
}
