import { describe, expect, it } from '@jest/globals';
import { Catalogue, type CloudEvent, defaultSchemasFolder, judge } from '@signalbox/contracts';
import { Announcing, isOperationsOnly, type OperationsEvent } from './operations.js';

const catalogue = await Catalogue.load(defaultSchemasFolder());
const DATA = {
  alert: 'subscriber-down',
  id: '4f1c0a9b-22d0-4e63-8a51-0b7c9d2e6f10',
  severity: 'critical',
  title: 'An endpoint does not answer',
  detail: 'It has not answered for five minutes.',
  organisation: 'X9G1P',
  raised: '2026-11-22T05:00:00Z',
  reminder: 0,
  page: 'https://signalbox.example.org/alerts',
  runbook: 'https://signalbox.example.org/runbooks/subscriber-down',
};

function anExchange() {
  const stored: { event: CloudEvent; sourceorg: string }[] = [];
  const append = (event: CloudEvent, { sourceorg }: { sourceorg: string }) => {
    stored.push({ event, sourceorg });
    return Promise.resolve({ stream: 'EVENTS_OPERATIONS', sequence: stored.length, duplicate: false });
  };
  return { stored, announcing: new Announcing({ events: { append }, catalogue }) };
}

describe('what the exchange announces', () => {
  const announcement = { targetorg: 'X9G1P', id: ['subscriber-down', 's1', 0], thread: ['s1'], data: DATA };

  it('is an event of its own, addressed to one organisation, that meets the contract of its type', async () => {
    const { stored, announcing } = anExchange();
    await announcing.announce('alert-raised', announcement);
    expect(stored[0]).toMatchObject({
      sourceorg: 'X9S0B',
      event: { attributes: { source: 'urn:ods:X9S0B:exchange', targetorg: 'X9G1P', sourceorg: 'X9S0B' } },
    });
    expect(judge(stored[0]!.event, catalogue).findings).toEqual([]);
  });

  it('has the same id when it is announced again, and another for another organisation, reminder or type', async () => {
    const { announcing } = anExchange();
    const id = await announcing.announce('alert-raised', announcement);
    expect(await announcing.announce('alert-raised', announcement)).toBe(id);
    expect(await announcing.announce('alert-raised', { ...announcement, targetorg: 'X9S0B' })).not.toBe(id);
    expect(await announcing.announce('alert-raised', { ...announcement, id: ['subscriber-down', 's1', 1] })).not.toBe(
      id,
    );
  });

  it('shares a journey with what else is said about the same thing to the same organisation', async () => {
    const { stored, announcing } = anExchange();
    await announcing.announce('alert-raised', announcement);
    await announcing.announce('alert-raised', { ...announcement, id: ['again'] });
    await announcing.announce('alert-raised', { ...announcement, targetorg: 'X9S0B' });
    const [first, again, operator] = stored.map(({ event }) => event.attributes['correlationid']);
    expect(again).toBe(first);
    expect(operator).not.toBe(first);
  });

  it.each<[string, OperationsEvent, object]>([
    ['lacks what its contract asks for', 'outage-ended', DATA],
    ['names a patient', 'alert-raised', { ...DATA, detail: 'About 999 000 0018.' }],
  ])('is not published when it %s', async (_, type, data) => {
    const { stored, announcing } = anExchange();
    await expect(announcing.announce(type, { ...announcement, data })).rejects.toThrow(TypeError);
    expect(stored).toEqual([]);
  });
});

describe('a subscription to nothing but what the exchange tells about itself', () => {
  it.each([
    [['org.signalbox.operations.*'], true],
    [['org.signalbox.operations.*', 'org.signalbox.result.*'], false],
    [['*'], false],
  ])('%j: %s', (types, only) => {
    expect(isOperationsOnly(types)).toBe(only);
  });
});
