import type { Context, Identity } from '../context.js';
import type { Check } from '../doctor/check.js';
import { machineChecks } from '../doctor/machine.js';
import { serverChecks } from '../doctor/servers.js';
import { tokenChecks } from '../doctor/tokens.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { table } from '../terminal.js';

const ORDER: readonly Check['state'][] = ['failed', 'warning', 'ok', 'skipped'];
const MARKS: Readonly<Record<Check['state'], string>> = {
  failed: 'FAILED',
  warning: 'warning',
  ok: 'ok',
  skipped: '-',
};

/** `doctor`: everything that support would ask first. The first failure is the first line, with what mends it. */
export async function doctor(context: Context, options: Identity): Promise<ExitCode> {
  const { settings, terminal } = context;
  const org = options.org ?? settings.organisation;
  const checks = [
    ...(await machineChecks(settings, process.version)),
    ...(await serverChecks(settings)),
    ...(await tokenChecks(settings, { ...options, org })),
  ];
  const sorted = ORDER.flatMap((state) => checks.filter((check) => check.state === state));
  if (terminal.json) for (const check of sorted) terminal.result(check, '');
  else show(terminal, sorted);
  return sorted.some((check) => check.state === 'failed') ? EXIT_CODES.failed : EXIT_CODES.done;
}

function show(terminal: Terminal, checks: readonly Check[]): void {
  const rows = checks.map((check) => [MARKS[check.state], check.name, check.detail]);
  const lines = table(rows).split('\n');
  checks.forEach((check, i) => {
    const style = check.state === 'failed' ? 'red' : check.state === 'warning' ? 'yellow' : undefined;
    terminal.resultText(style === undefined ? lines[i]! : terminal.styleResult(style, lines[i]!));
    if (check.remedy !== undefined) terminal.resultText(`         ${check.remedy}`);
  });
  const failures = checks.filter((check) => check.state === 'failed').length;
  terminal.note(
    failures === 0 ? 'Nothing is wrong that can be seen from here.' : `${failures} of ${checks.length} checks failed.`,
  );
}
