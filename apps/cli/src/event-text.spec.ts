import { expect, test } from '@jest/globals';
import type { FollowedEvent } from '@signalbox/client';

import { storyOf } from './event-text.js';

const refusal = (time: string): FollowedEvent['refusals'][number] => ({ time, code: 'SB-2003', findings: [] });

test('what was refused before an event was accepted, and what was refused under its id since, are told apart', () => {
  const event: FollowedEvent = {
    state: 'accepted',
    id: 'e-1',
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    title: 'Result reported',
    journey: 'j-1',
    sourceorg: 'X9L3B',
    recorded: '2026-11-22T09:00:00.000Z',
    supersededby: [],
    findings: [],
    deliveries: [],
    steps: [],
    refusals: [
      refusal('2026-11-22T09:30:00.000Z'),
      refusal('2026-11-22T08:30:00.000Z'),
      refusal('2026-11-22T08:00:00.000Z'),
    ],
  };
  expect(storyOf(event)[0]).toMatch(
    /Before that it was refused 2 times\. Since then what was sent under its id was refused once\.$/,
  );
  expect(storyOf({ ...event, refusals: [] })[0]).not.toMatch(/refused/);
});
