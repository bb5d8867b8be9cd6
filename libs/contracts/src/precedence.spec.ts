import { describe, expect, it } from '@jest/globals';
import { isUrgent, URGENCIES } from './precedence.js';

const event = (urgency?: string) => ({
  attributes: { id: '1', source: 'urn:ods:X9L3B:lims', ...(urgency !== undefined && { urgency }) },
  data: { kind: 'absent' as const },
});

describe('what goes ahead of a backlog', () => {
  it('is all that is more than routine, so that catching up after an outage is paced by urgency', () => {
    expect(URGENCIES.filter((urgency) => isUrgent(event(urgency)))).toEqual(['urgent', 'two-week-wait', 'critical']);
    expect(isUrgent(event())).toBe(false);
    expect(isUrgent(event('IMMEDIATE'))).toBe(false);
  });
});
