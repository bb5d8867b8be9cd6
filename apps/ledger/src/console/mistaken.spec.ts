import { describe, expect, it } from '@jest/globals';
import { mistakenIn, refuseMistaken } from './mistaken.js';

const vocabulary = {
  isOrganisation: (ods: string) => ods === 'X9H2T',
  isType: (type: string) => ['org.signalbox.result.reported.v1', 'org.signalbox.*'].includes(type),
};

describe('the query of an address', () => {
  it.each([
    {},
    undefined,
    { org: 'x9h2t', type: 'org.signalbox.result.reported.v1', state: 'stuck', after: 'WyIyMDI2Il0' },
    { from: '2026-11-22', type: 'org.signalbox.*', strictness: 'enforce' },
    { from: '2026-11-22T07:00:00.000Z', to: '', org: ['X9H2T', ''] },
    { source: 'urn:ods:X9H2T:system', id: '20261122070000-1', by: 'X9H2T:person-0123456789abcdef' },
    { receiver: 'X9Z9Z', publisher: 'RZZ' },
    { to: '/stuck/group?publisher=X9H2T' },
    { q: 'anything: the search box says itself what it takes' },
  ])('may ask for what the exchange knows: %j', (query) => expect(mistakenIn(query, vocabulary)).toBeUndefined());

  it.each([
    [{ org: 'EXAMPLE' }, 'org'],
    [{ state: 'stuck', receiver: 'somebody' }, 'receiver'],
    [{ to: '847300000001' }, 'to'],
    [{ to: '//elsewhere.example/' }, 'to'],
    [{ type: 'example' }, 'type'],
    [{ by: 'Ada Example' }, 'by'],
    [{ after: '999 000 0018' }, 'after'],
    [{ source: ['urn:a', '9990000018'] }, 'source'],
    [{ application: '8473 0000 0001' }, 'application'],
    [{ patient: '9990000018' }, 'patient'],
  ])('may not hold what can be a patient: %j', (query, name) => expect(mistakenIn(query, vocabulary)).toBe(name));

  it('is refused with the place and without the value, not even that of a name that somebody made up', () => {
    const told = (query: object) => {
      try {
        refuseMistaken({ query }, vocabulary);
      } catch (error) {
        return error as { code: string; findings: { path: string }[] };
      }
      return undefined;
    };
    expect(told({ org: 'EXAMPLE' })).toMatchObject({ code: 'SB-4000', findings: [{ path: '/org' }] });
    expect(told({ '9990000018': '9990000018' })?.findings[0]?.path).toBe('');
    expect(JSON.stringify(told({ org: 'EXAMPLE' }))).not.toContain('EXAMPLE');
  });
});
