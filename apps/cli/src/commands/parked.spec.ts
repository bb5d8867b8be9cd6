import { describe, expect, test } from '@jest/globals';
import type { ParkedGroup, ParkedResult } from '@signalbox/client';

import { groupText, planText } from './parked.js';

const plan: ParkedResult = {
  dryrun: true,
  act: 'retry',
  deliveries: 3,
  duplicates: 0,
  more: false,
  secondperson: false,
};

describe('what an act on parked deliveries would do', () => {
  test('says how many it is about and what could be duplicated', () => {
    expect(planText(plan)).toBe('It is about 3 deliveries.\nNone of them can have arrived already.');
    expect(planText({ ...plan, duplicates: 1 })).toMatch(/1 delivery may have arrived all the same/);
    expect(planText({ ...plan, duplicates: 3 })).toMatch(/All of them may have arrived all the same/);
    expect(planText({ ...plan, deliveries: 1, duplicates: 1 })).toMatch(
      /^It is about 1 delivery\.\nIt may have arrived/,
    );
  });

  test('says nothing of duplicates where nothing is sent', () => {
    expect(planText({ ...plan, act: 'handled', duplicates: 2 })).toBe('It is about 3 deliveries.');
  });

  test('says that not all that was named is parked', () => {
    expect(planText(plan, 5)).toMatch(/^It is about 3 deliveries\.\n5 events were named: what is not parked is left/);
    expect(planText(plan, 3)).not.toMatch(/named/);
  });

  test('says who else has to agree, and that there are more', () => {
    const text = planText({ ...plan, more: true, secondperson: true });
    expect(text).toMatch(/repeat it for the rest\.\nA second person has to agree/);
  });
});

test('a cause is told with its sentence, whose move it is and one of its deliveries', () => {
  const at = '2026-11-22T02:00:00.000Z';
  const group: ParkedGroup = {
    reason: 'endpoint-refused',
    sentence: 'The endpoint refused the event.',
    count: 1,
    attempts: 2,
    journeys: 1,
    first: at,
    last: at,
    owner: { ods: 'X9G1P', side: 'receiver', contact: 'desk@example' },
    sample: {
      subscription: 's',
      source: 'u',
      id: 'e-1',
      type: 't',
      journey: 'j',
      state: 'parked',
      since: at,
      attempts: 2,
    },
  };
  expect(groupText(group)).toBe(
    `1 delivery  endpoint-refused  of 1 journey, parked from ${at} to ${at}\n` +
      '    The endpoint refused the event.\n' +
      '    2 attempts in all; the move is with the receiver: X9G1P, desk@example\n' +
      '    the newest: e-1  t',
  );
});
