import { describe, expect, it } from '@jest/globals';
import { eventView } from '../journeys/journey-view.fixture.js';
import type { EventView, JourneyView } from '../journeys/journey-view.js';
import { type Gap, type Moment, openOf, timelineOf } from './timeline.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
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
  it('says at which organisation each thing happened', () => {
    const moments = timelineOf(journey('closed', eventView({ steps: [delivered] })), NOW) as Moment[];
    expect(moments.map(({ word, org }) => [word, org])).toEqual([
      ['Accepted', 'X9G1P'],
      ['Delivered', 'X9H2T'],
    ]);
    expect(moments[1]?.notes).toContain('Took 7.0 ms.');
  });
  it('draws the time without a step as a gap, and the last one until now', () => {
    const acknowledged = { ...delivered, id: 't', kind: 'acknowledged' as const, time: '2026-11-21T10:30:00.000Z' };
    const moments = timelineOf(journey('awaited', eventView({ steps: [delivered, acknowledged] })), NOW);
    expect(words(moments)).toEqual(['Accepted', 'Delivered', 'gap 29 minutes', 'Acknowledged by system', 'gap 1 hour']);
    expect(moments.at(-1)).toMatchObject({ lasts: true });
  });
  it('says which clock ran out, to those too who see no more than the outline', () => {
    const overdue = { id: 'o', kind: 'overdue' as const, time: '2026-11-21T11:00:00.000Z', org: 'X9H2T' };
    const notes = (step: object) =>
      (timelineOf(journey('closed', eventView({ steps: [{ ...overdue, ...step }] })), NOW) as Moment[]).at(-1)!.notes;
    expect(notes({ reason: 'acknowledgement' })).toEqual([
      'Delivered → acknowledged by system.',
      'It was delivered, and no system of its receiver acknowledged it in time.',
    ]);
    expect(notes({ reason: 'referral-to-response', detail: 'Late.' })).toEqual(['Referral → response.', 'Late.']);
  });
  it('has no gap after a journey that is closed', () => {
    expect(words(timelineOf(journey('closed', eventView()), NOW))).toEqual(['Accepted']);
  });
  it('shows apart what has not been delivered yet', () => {
    const waiting = { org: 'X9H2T', state: 'waiting' as const, since: '', attempts: 2, reason: 'endpoint-timeout' };
    const other = { org: 'X9L3B', state: 'waiting' as const, since: '', attempts: 0, meant: false as const };
    const view = journey('delivering', eventView({ deliveries: [waiting, other] }));
    const [last, more] = openOf(view);
    expect(more).toBeUndefined();
    expect(timelineOf(view, NOW).at(-1)).toMatchObject({ kind: 'gap', lasts: true });
    expect(last).toMatchObject({
      word: 'Waiting',
      org: 'X9H2T',
      notes: ['2 attempts so far.', 'Reason: endpoint-timeout.'],
    });
    expect(last).not.toHaveProperty('at');
  });
  it('tells failed attempts in a row as one', () => {
    const failed = Array.from({ length: 9 }, (_, at) => ({
      ...{ ...delivered, id: String(at), kind: 'attempt' as const, reason: 'endpoint-timeout', attempt: at + 1 },
      time: new Date(Date.parse(delivered.time) + at * 20_000).toISOString(),
    }));
    const moments = timelineOf(journey('closed', eventView({ steps: [...failed, delivered] })), NOW);
    expect(words(moments)).toEqual(['Accepted', 'Attempt failed', 'Delivered', 'Attempt failed 8 times']);
    expect((moments[3] as Moment).notes.slice(0, 2)).toEqual(['In 2 minutes.', 'Attempt 9.']);
  });
  it('marks what came after its deadline as late', () => {
    const due = { org: 'X9H2T', state: 'delivered' as const, since: '', attempts: 1, due: '2026-11-21T09:00:00.000Z' };
    const view = journey('closed', eventView({ steps: [delivered], deliveries: [due] }));
    const moment = timelineOf(view, NOW)[1] as Moment;
    expect(moment.marks).toEqual(['late']);
    expect(moment.notes).toContain('It should have been delivered 1 hour before.');
  });
  it('says how long an event was on its way to the exchange', () => {
    const [moment] = timelineOf(journey('closed', eventView({ sent: '2026-11-21T07:00:00.000Z' })), NOW) as Moment[];
    expect(moment?.notes).toContain('Published 3 hours before.');
  });
  it('marks amendments, what they replace, and duplicates', () => {
    const corrected = eventView({ id: 'e2', supersedes: 'e1', recorded: '2026-11-21T10:00:02.000Z' });
    const again = eventView({ duplicateof: 'EVENTS_REFERRAL:1', recorded: '2026-11-21T10:00:03.000Z' });
    const moments = timelineOf(
      journey('closed', eventView({ supersededby: ['e2'] }), corrected, again),
      NOW,
    ) as Moment[];
    expect(moments.map(({ marks }) => marks)).toEqual([['superseded'], ['amended'], ['duplicate']]);
  });
  it('tells once what subscriptions filter away, beside the event', () => {
    const filtered = ['X9L3B', 'X9L4C'].map((org) => ({ ...delivered, id: org, org, kind: 'filtered' as const }));
    const moments = timelineOf(journey('closed', eventView({ steps: [delivered, ...filtered] })), NOW) as Moment[];
    expect(words(moments)).toEqual(['Accepted', 'Delivered']);
    expect(moments[0]?.notes).toContain('Filtered for X9L3B and X9L4C.');
  });
  it('calls an attempt with a reason failed', () => {
    const failed = { ...delivered, kind: 'attempt' as const, reason: 'endpoint-timeout', attempt: 2 };
    const moment = timelineOf(journey('closed', eventView({ steps: [failed] })), NOW)[1] as Moment;
    expect(moment.word).toBe('Attempt failed');
    expect(moment.notes.slice(0, 2)).toEqual(['Attempt 2.', 'Reason: endpoint-timeout.']);
  });
  it('says of a delivery what it corrects, that it came too late, and that it was a replay', () => {
    const marked = { ...delivered, corrects: 'e0', late: 'e9', replay: 'r1' };
    const moment = timelineOf(journey('closed', eventView({ steps: [marked] })), NOW)[1] as Moment;
    expect(moment.marks).toEqual(['correction', 'late', 'replayed']);
    expect(moment.notes.slice(-3)).toEqual([
      'It corrects e0, which was received.',
      'Late: e9 was there by then.',
      'Part of replay r1.',
    ]);
  });
  it('does not say that a person retried what the exchange owes', () => {
    const owed = { ...delivered, kind: 'retried' as const, corrects: 'e0' };
    const retried = { ...delivered, id: 't', kind: 'retried' as const, by: 'X9H2T:desk', note: 'Mended' };
    const moments = timelineOf(journey('closed', eventView({ steps: [owed, retried] })), NOW) as Moment[];
    expect(words(moments).slice(1)).toEqual(['Due as a correction', 'Retried by a person']);
    expect(moments[2]?.notes).toEqual(expect.arrayContaining(['By X9H2T:desk.', 'Note: “Mended”.']));
  });
});
