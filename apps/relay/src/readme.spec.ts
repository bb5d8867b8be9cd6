import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import { describeSettings, Metrics } from '@signalbox/runtime';

import { REASONS } from './deliveries/reasons.js';
import { CONDITIONS } from './endpoints/conditions.js';
import { relayMetrics } from './relay-metrics.js';
import { RelaySettings } from './settings.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Cells of the rows under a heading, without header and rule. */
function tableUnder(heading: string): string[][] {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the README of the relay', () => {
  it('lists every reason as the table in the code has it', () => {
    const expected = Object.entries(REASONS).map(([code, { sentence, advice }]) => [`\`${code}\``, sentence, advice]);
    expect(tableUnder('Reasons')).toEqual(expected);
  });

  it('lists every condition as the table in the code has it', () => {
    const expected = Object.entries(CONDITIONS).map(([name, { sentence, advice }]) => [
      `\`${name}\``,
      sentence,
      advice,
    ]);
    expect(tableUnder('Conditions')).toEqual(expected);
  });

  it('lists every setting with its default and meaning', () => {
    const expected = describeSettings(RelaySettings).map((row) => [
      `\`${row.name}\``,
      row.default === '' ? 'none' : `\`${row.default}\``,
      row.description,
    ]);
    expect(tableUnder('Settings')).toEqual(expected);
  });

  it('lists every metric', () => {
    const metrics = new Metrics('test');
    relayMetrics(metrics);
    const names = metrics.registry
      .getMetricsAsArray()
      .map(({ name }) => name)
      .filter((name) => name.startsWith('signalbox_'));
    const listed = tableUnder('Metrics').map(([name]) => name);
    expect(listed.sort()).toEqual([...names, 'signalbox_deliveries_in_flight'].map((name) => `\`${name}\``).sort());
  });
});
