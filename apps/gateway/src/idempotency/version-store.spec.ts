import { createSecretKey } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import type { EventType } from '@signalbox/contracts';

import { versionOf } from './version-store.js';

const KEY = createSecretKey(Buffer.alloc(32, 1));
const TYPE = { identifiers: [{ name: 'report' }, { name: 'order' }] } as unknown as EventType;
const REPORT = { name: 'report', system: 'urn:x', value: 'R1' };
const ORDER = { name: 'order', system: 'urn:x', value: 'O1' };
const event = (attributes: Record<string, string> = {}) => ({
  attributes: { specversion: '1.0', id: 'e1', source: 's', type: 't', time: '2026-11-21T12:00:00Z', ...attributes },
  data: { kind: 'absent' as const },
});

describe('what an event is a version of', () => {
  it('is what its type names first, and not what only leads to it', () => {
    const both = versionOf(event(), { type: TYPE, identifiers: [REPORT, ORDER] }, 'X9L3B', KEY);
    const report = versionOf(event(), { type: TYPE, identifiers: [REPORT] }, 'X9L3B', KEY);
    const order = versionOf(event(), { type: TYPE, identifiers: [ORDER] }, 'X9L3B', KEY);
    expect(both.about).toEqual(report.about);
    expect(both.about).toHaveLength(1);
    expect(order.about).toEqual([]);
  });

  it('differs by organisation, and shows nothing of the identifier', () => {
    const ours = versionOf(event(), { type: TYPE, identifiers: [REPORT] }, 'X9L3B', KEY);
    const theirs = versionOf(event(), { type: TYPE, identifiers: [REPORT] }, 'X9H2T', KEY);
    expect(ours.about).not.toEqual(theirs.about);
    expect(JSON.stringify(ours)).not.toContain('R1');
  });

  it('names what it supersedes by the key that that one has for itself', () => {
    const first = versionOf(event({ id: 'e1' }), { type: TYPE, identifiers: [] }, 'X9L3B', KEY);
    const second = versionOf(event({ id: 'e2', supersedes: 'e1' }), { type: TYPE, identifiers: [] }, 'X9L3B', KEY);
    expect(second.replaces).toBe(first.self);
    expect(first.at).toBe(Date.parse('2026-11-21T12:00:00Z'));
  });
});
