import { describe, expect, it } from '@jest/globals';
import type { CloudEvent, Finding, Judgement, ProblemCode } from '@signalbox/contracts';
import { decide, refusalOfSender } from './decision.js';

const event = (attributes: Record<string, string> = {}): CloudEvent => ({
  attributes: { id: '1', source: 'urn:ods:X9H2T:tie', type: 'org.signalbox.result.reported.v1', ...attributes },
  data: { kind: 'absent' },
});
const finding: Finding = { path: '/data', rule: 'required', expected: 'x', fix: 'y', doc: '/docs/rules#required' };
const judged = (code?: ProblemCode): Judgement => ({
  findings: code === undefined ? [] : [finding],
  identifiers: [],
  ...(code && { code }),
});

describe('who may publish an event', () => {
  const sender = { ods: 'X9H2T', granted: true };

  it('is the organisation that its source and sourceorg name, or that they leave open', () => {
    expect(refusalOfSender(event(), sender)).toBeUndefined();
    expect(refusalOfSender(event({ sourceorg: 'X9H2T' }), sender)).toBeUndefined();
    expect(refusalOfSender(event({ source: 'https://trust.example/tie' }), sender)).toBeUndefined();
    expect(refusalOfSender(event({ source: 'URN:ods:x9h2t:tie' }), sender)).toBeUndefined();
  });

  it('is nobody else, however the source is written', () => {
    for (const source of ['urn:ods:X9G1P:tie', 'URN:ODS:X9G1P:tie', 'urn:ods:X9H2T1:tie', 'urn:ods:X9G1P']) {
      expect([source, refusalOfSender(event({ source }), sender)?.code]).toEqual([source, 'SB-3006']);
    }
    expect(refusalOfSender(event({ sourceorg: 'X9G1P' }), sender)?.code).toBe('SB-3006');
  });

  it('needs a grant', () => {
    expect(refusalOfSender(event(), { ...sender, granted: false })?.code).toBe('SB-3005');
  });
});

describe('what becomes of a judgement', () => {
  it('refuses with every finding where rules are enforced', () => {
    const decision = decide(event(), judged('SB-2003'), 'enforce');
    expect(decision).toMatchObject({ kind: 'refuse', refusal: { code: 'SB-2003', findings: [finding] } });
  });

  it('lets content and attributes pass where they are watched or warned about, and keeps the findings', () => {
    for (const code of ['SB-2003', 'SB-2004'] as const) {
      for (const strictness of ['observe', 'warn'] as const) {
        expect(decide(event(), judged(code), strictness)).toEqual({ kind: 'accept', findings: [finding] });
      }
    }
  });

  it('never lets unknown or retired types and patient identifiers in attributes pass', () => {
    for (const code of ['SB-2001', 'SB-2002', 'SB-2005', 'SB-2007'] as const) {
      expect(decide(event(), judged(code), 'observe').kind).toBe('refuse');
    }
  });

  it('accepts what is right', () => {
    expect(decide(event(), judged(), 'enforce')).toEqual({ kind: 'accept', findings: [] });
  });
});
