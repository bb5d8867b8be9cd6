import type { Statement, StateSums } from '@signalbox/contracts';
import { describe, expect, it } from '@jest/globals';
import { statementCsv } from './statement-csv.js';

const none: StateSums = {
  waiting: 0,
  delivering: 0,
  delivered: 0,
  acknowledged: 0,
  filtered: 0,
  suppressed: 0,
  paused: 0,
  parked: 0,
  expired: 0,
  'handled-outside': 0,
};
const type = 'org.signalbox.referral.requested.v1';
const statement = (refusedType: string): Statement => ({
  date: '2026-11-21',
  zone: 'Europe/London',
  from: '2026-11-21T00:00:00.000Z',
  to: '2026-11-22T00:00:00.000Z',
  asof: '2026-11-22T08:00:00.000Z',
  complete: true,
  organisation: { ods: 'X9G1P', name: 'A practice' },
  sentences: [],
  published: {
    sent: 3,
    accepted: 2,
    refused: 1,
    repeated: 0,
    refusals: [{ code: 'SB-2001', count: 1 }],
    types: [
      { type, accepted: 2, refused: 0, repeated: 0 },
      { type: refusedType, accepted: 0, refused: 1, repeated: 0 },
    ],
    deliveries: {
      deliveries: 2,
      states: { ...none, delivered: 2 },
      types: [{ type, deliveries: 2, states: { ...none, delivered: 2 } }],
    },
  },
  received: { deliveries: 0, states: none, types: [] },
  gaps: [],
});
const START = '2026-11-21,Europe/London,X9G1P,2026-11-22T08:00:00.000Z';

describe('a statement as CSV', () => {
  it('has a header, one number a row, and lines that end as RFC 4180 has it', () => {
    const text = statementCsv(statement('org.example.thing'));
    expect(text.endsWith('\r\n')).toBe(true);
    const lines = text.trimEnd().split('\r\n');
    expect(lines[0]).toBe('date,zone,organisation,asof,side,measure,code,type,count');
    expect(lines).toContain(`${START},published,accepted,,${type},2`);
    expect(lines).toContain(`${START},published,refused-by-code,SB-2001,,1`);
    expect(lines).toContain(`${START},own-events,delivered,,${type},2`);
    expect(lines.every((line) => line.split(',').length === 9)).toBe(true);
  });
  it('quotes what would break a row, and lets no spreadsheet take a word of a sender for a formula', () => {
    expect(statementCsv(statement('a,"b"'))).toContain(',published,refused,,"a,""b""",1\r\n');
    for (const formula of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1+1'])
      expect(statementCsv(statement(formula))).toContain(`,published,refused,,'${formula},1\r\n`);
  });
});
