import { describe, expect, it } from '@jest/globals';
import { channelFindings, type ChannelWish } from './protocols.js';

const TERMS = { plainSinks: false, speaksNats: true };
const found = (wish: Partial<ChannelWish> & Pick<ChannelWish, 'protocol'>, terms = TERMS) =>
  channelFindings({ config: {}, types: ['org.signalbox.result.*'], ...wish }, terms);
const sink = 'https://receiver.example/events';

describe('the way in which an organisation is served', () => {
  it.each([
    [{ protocol: 'HTTP' as const, sink }],
    [{ protocol: 'HTTP' as const, sink, config: { batch: 100, batchwaitms: 0 } }],
    [{ protocol: 'FHIR' as const, sink, config: { content: 'full-resource', heartbeatseconds: 60 } }],
    [{ protocol: 'PULL' as const }],
    [{ protocol: 'NATS' as const }],
  ])('can be %j', (wish) => {
    expect(found(wish)).toEqual([]);
  });

  it.each([
    [{ protocol: 'HTTP' as const }, '/sink'],
    [{ protocol: 'FHIR' as const, sink: 'http://receiver.example/' }, '/sink'],
    [{ protocol: 'HTTP' as const, sink: 'https://user:secret@receiver.example/' }, '/sink'],
    [{ protocol: 'PULL' as const, sink }, '/sink'],
    [{ protocol: 'NATS' as const, sink }, '/sink'],
    [{ protocol: 'HTTP' as const, sink, config: { batch: 1 } }, '/config/batch'],
    [{ protocol: 'HTTP' as const, sink, config: { batch: '10' } }, '/config/batch'],
    [{ protocol: 'HTTP' as const, sink, config: { content: 'empty' } }, '/config'],
    [{ protocol: 'PULL' as const, config: { batch: 10 } }, '/config'],
    [{ protocol: 'FHIR' as const, sink, config: { content: 'everything' } }, '/config/content'],
    [{ protocol: 'FHIR' as const, sink, types: ['org.signalbox.result.*', 'org.signalbox.booking.*'] }, '/types'],
    [{ protocol: 'FHIR' as const, sink, types: ['org.signalbox.*'] }, '/types'],
    [{ protocol: 'FHIR' as const, sink, config: { payload: 'application/fhir+xml' } }, '/config/payload'],
    [{ protocol: 'HTTP' as const, sink, config: { __proto__: 1, constructor: 1 } as never }, '/config'],
  ])('cannot be %j: what is wrong stands at %s', (wish, path) => {
    expect(found(wish).map((one) => one.path)).toEqual([path]);
  });

  it('needs an application that speaks NATS for NATS, and says who can help', () => {
    expect(found({ protocol: 'NATS' }, { ...TERMS, speaksNats: false })).toMatchObject([
      { path: '/protocol', fix: expect.stringContaining('operator') as unknown },
    ]);
  });

  it('never repeats what was sent', () => {
    const secret = 'https://user:hunter2@receiver.example/';
    const told = JSON.stringify(found({ protocol: 'HTTP', sink: secret, config: { hunter2: 'hunter2' } }));
    expect(told).not.toContain('hunter2');
  });

  it('may be plain http on the machine of a developer', () => {
    expect(found({ protocol: 'HTTP', sink: 'http://127.0.0.1/' }, { ...TERMS, plainSinks: true })).toEqual([]);
  });
});
