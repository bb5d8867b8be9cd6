import { describe, expect, it } from '@jest/globals';
import type { EventView, JourneyView } from '../journeys/journey-view.js';
import { type Gap, type Moment, timelineOf } from './timeline.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const event = (more: Partial<EventView> = {}): EventView => ({
  id: 'e1',
  source: 'urn:ods:X9G1P:records',
  type: 'requested',
  title: 'Referral requested',
  family: 'referral',
  journey: 'j1',
  state: 'accepted',
  sourceorg: 'X9G1P',
  recorded: '2026-11-21T10:00:00.000Z',
  size: 1,
  supersededby: [],
  answeredby: [],
  findings: [],
  deliveries: [],
  steps: [],
  ...more,
});
const journey = (state: JourneyView['heading']['state'], ...events: EventView[]): JourneyView => ({
  journey: 'j1',
  heading: { state, holders: [], since: '', sentence: '', problems: [] },
  started: '',
  updated: '',
  organisations: ['X9G1P', 'X9H2T'],
  events,
});
const delivered = { id: 's', kind: 'delivered' as const, time: '2026-11-21T10:00:01.000Z', org: 'X9H2T', latencyms: 7 };
const words = (moments: (Moment | Gap)[]) =>
  moments.map((one) => (one.kind === 'gap' ? `gap ${one.length}` : one.word));

describe('timelineOf', () => {
  it('puts what happened into the lane of the organisation it happened at', () => {
    const moments = timelineOf(journey('closed', event({ steps: [delivered] })), NOW) as Moment[];
    expect(moments.map(({ word, lane }) => [word, lane])).toEqual([
      ['Accepted', 1],
      ['Delivered', 2],
    ]);
    expect(moments[1]?.notes).toContain('Took 7.0 ms.');
  });
  it('draws the time without a step as a gap, and the last one until now', () => {
    const acknowledged = { ...delivered, id: 't', kind: 'acknowledged' as const, time: '2026-11-21T10:30:00.000Z' };
    const moments = timelineOf(journey('awaited', event({ steps: [delivered, acknowledged] })), NOW);
    expect(words(moments)).toEqual(['Accepted', 'Delivered', 'gap 29 minutes', 'Acknowledged by system', 'gap 1 hour']);
    expect(moments.at(-1)).toMatchObject({ lasts: true });
  });
  it('has no gap after a journey that is closed', () => {
    expect(words(timelineOf(journey('closed', event()), NOW))).toEqual(['Accepted']);
  });
  it('shows what has not been delivered yet at the end', () => {
    const waiting = { org: 'X9H2T', state: 'waiting' as const, since: '', attempts: 2, reason: 'endpoint-timeout' };
    const last = timelineOf(journey('delivering', event({ deliveries: [waiting] })), NOW).at(-1) as Moment;
    expect(last).toMatchObject({
      word: 'Waiting',
      lane: 2,
      notes: ['2 attempts so far.', 'Reason: endpoint-timeout.'],
    });
    expect(last).not.toHaveProperty('at');
  });
  it('marks corrections, what they replace, and duplicates', () => {
    const corrected = event({ id: 'e2', supersedes: 'e1', recorded: '2026-11-21T10:00:02.000Z' });
    const again = event({ duplicateof: 'EVENTS_REFERRAL:1', recorded: '2026-11-21T10:00:03.000Z' });
    const moments = timelineOf(journey('closed', event({ supersededby: ['e2'] }), corrected, again), NOW) as Moment[];
    expect(moments.map(({ marks }) => marks)).toEqual([['superseded'], ['correction'], ['duplicate']]);
  });
  it('tells once what subscriptions filter away, beside the event', () => {
    const filtered = ['X9L3B', 'X9L4C'].map((org) => ({ ...delivered, id: org, org, kind: 'filtered' as const }));
    const moments = timelineOf(journey('closed', event({ steps: [delivered, ...filtered] })), NOW) as Moment[];
    expect(words(moments)).toEqual(['Accepted', 'Delivered']);
    expect(moments[0]?.notes).toEqual(['Filtered for X9L3B and X9L4C.']);
  });
  it('calls an attempt with a reason failed', () => {
    const failed = { ...delivered, kind: 'attempt' as const, reason: 'endpoint-timeout', attempt: 2 };
    const moment = timelineOf(journey('closed', event({ steps: [failed] })), NOW)[1] as Moment;
    expect(moment.word).toBe('Attempt failed');
    expect(moment.notes.slice(0, 2)).toEqual(['Attempt 2.', 'Reason: endpoint-timeout.']);
  });
  it('says of a delivery what it corrects, that it came too late, and that it was a replay', () => {
    const marked = { ...delivered, corrects: 'e0', late: 'e9', replay: 'r1' };
    const moment = timelineOf(journey('closed', event({ steps: [marked] })), NOW)[1] as Moment;
    expect(moment.marks).toEqual(['correction', 'late', 'replay']);
    expect(moment.notes.slice(-3)).toEqual([
      'It corrects e0, which was received.',
      'Late: e9 was there by then.',
      'Part of replay r1.',
    ]);
  });
  it('does not say that a person retried what the exchange owes', () => {
    const owed = { ...delivered, kind: 'retried' as const, corrects: 'e0' };
    const retried = { ...delivered, id: 't', kind: 'retried' as const, by: 'X9H2T:desk', note: 'Mended' };
    const moments = timelineOf(journey('closed', event({ steps: [owed, retried] })), NOW) as Moment[];
    expect(words(moments).slice(1)).toEqual(['Due as a correction', 'Retried by a person']);
    expect(moments[2]?.notes).toEqual(expect.arrayContaining(['By X9H2T:desk.', 'Note: “Mended”.']));
  });
});
