import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ALERT_KINDS } from '../../apps/ledger/src/watching/alerts/kinds.js';

const PROJECT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(PROJECT, path), 'utf8');
const APPS = ['gateway', 'ledger', 'relay'];
/** What a histogram gives beside its own name. */
const SERIES = /_(?:bucket|sum|count)$/;

/** Names of the metrics that the sources of a folder make. */
function made(folder: string): string[] {
  const sources = globSync(`${folder}/src/**/*.ts`, { cwd: PROJECT }).filter((path) => !path.endsWith('.spec.ts'));
  return [...new Set(sources.flatMap((path) => read(path).match(/(?<=')signalbox_[a-z0-9_]+(?=')/g) ?? []))];
}

/** Names of metrics in a text, without what is added to those of histograms. */
function named(text: string): string[] {
  return [...new Set((text.match(/\bsignalbox_[a-z0-9_]+/g) ?? []).map((name) => name.replace(SERIES, '')))];
}

const ALL = [...APPS.map((app) => `apps/${app}`), 'libs/messaging', 'libs/runtime', 'libs/registry'].flatMap(made);

describe('the metrics', () => {
  it.each(APPS)('of the %s are listed in its README, and no other is', (app) => {
    const listed = named(read(`apps/${app}/README.md`));
    expect(made(`apps/${app}`).filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => !ALL.includes(name))).toEqual([]);
  });

  it.each(['deploy/prometheus/rules.yml', 'deploy/grafana/signalbox.json'])('that %s asks for exist', (path) => {
    const asked = named(read(path));
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !ALL.includes(name))).toEqual([]);
  });
});

describe('the rules of Prometheus', () => {
  const rules = read('deploy/prometheus/rules.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);

  it('each say how bad it is, what it means, and where it is said what to do', () => {
    for (const rule of rules) {
      expect(rule).toMatch(/severity: (critical|warning)/);
      expect(rule).toMatch(/summary: /);
      const runbook = /runbook: '(.+)'/.exec(rule)?.[1] ?? '';
      const kind = /^\/runbooks\/(.+)$/.exec(runbook)?.[1];
      if (kind === undefined) expect(existsSync(join(PROJECT, runbook))).toBe(true);
      else expect([...ALERT_KINDS, '{{ $labels.alert }}']).toContain(kind);
    }
  });
});
