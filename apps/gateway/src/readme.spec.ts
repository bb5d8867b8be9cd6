import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@signalbox/contracts';
import { describeSettings, Metrics } from '@signalbox/runtime';
import { EventMetrics } from './events/event-metrics.js';
import { openApiOf } from './openapi/document.js';
import { GatewaySettings } from './settings.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('the README of the gateway', () => {
  it('lists every setting with its description, and no other', () => {
    const listed = [...readme.matchAll(/^\| `(SIGNALBOX_\w+)`(?: or `\w+`)? +\| .*? +\| (.*?) +\|$/gm)];
    const declared = describeSettings(GatewaySettings).map(({ name, description }) => [
      name.split(' ')[0],
      description,
    ]);
    expect(listed.map(([, name, description]) => [name, description])).toEqual(declared);
  });

  it('lists every call, and no other', () => {
    const described = Object.entries(openApiOf('http://x').paths).flatMap(([path, calls]) =>
      Object.keys(calls).map(
        (method) => `${method.toUpperCase()} ${path.replace('{path}', '*').replace(/\{(\w+)\}/g, ':$1')}`,
      ),
    );
    const table = readme.slice(readme.indexOf('## Calls'), readme.indexOf('A pull answers'));
    const listed = [...table.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/g)].map(([, call]) => call);
    expect(listed.sort()).toEqual(described.sort());
  });

  it('lists every metric of its own', async () => {
    const metrics = new Metrics('gateway');
    new EventMetrics(metrics);
    const own = (await metrics.registry.getMetricsAsJSON())
      .map(({ name }) => name)
      .filter((name) => /^signalbox_/.test(name));
    metrics.clear();
    for (const name of own) expect(readme).toContain(`\`${name}\``);
  });

  it('names no code that the table of codes does not have', () => {
    const named = new Set([...readme.matchAll(/SB-\d{4}/g)].map(([code]) => code));
    expect([...named].filter((code) => !(code in PROBLEMS))).toEqual([]);
  });
});
