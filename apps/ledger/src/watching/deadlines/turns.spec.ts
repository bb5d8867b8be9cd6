import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder, durationMs, URGENCIES } from '@signalbox/contracts';
import {
  type Clock,
  type ClockEvent,
  type Rules,
  type RunningClock,
  startedBy,
  startedByArrival,
  stoppedBy,
} from './turns.js';

const PRACTICE = 'X9G1P';
const HOSPITAL = 'X9H2T';
const LABORATORY = 'X9L3B';
const T0 = '2026-03-02T09:00:00.000Z';
const T1 = '2026-03-02T10:00:00.000Z';
const T2 = '2026-03-02T11:00:00.000Z';

let catalogue: Catalogue;
let rules: Rules;

beforeAll(async () => {
  catalogue = await Catalogue.load(defaultSchemasFolder());
  rules = { typeOf: (type) => catalogue.find(type), ownTimes: () => undefined };
});

function event(type: string, more: Partial<ClockEvent> = {}): ClockEvent {
  const [family = '', name = ''] = type.split('.');
  const sourceorg = family === 'result' && name !== 'acknowledged' ? LABORATORY : PRACTICE;
  const known = { identity: `i-${type}`, id: type, type: `org.signalbox.${type}.v1`, family, journey: 'j', sourceorg };
  return { ...known, recorded: T0, ...more };
}

/** The clocks that an event and its arrival at one subscription of the hospital start. */
function clocksOf(about: ClockEvent, rulesOf = rules): Clock[] {
  const arrival = { subscription: 's-1', org: HOSPITAL, delivered: T1 };
  return [...startedBy(about, rulesOf), ...startedByArrival(about, arrival, rulesOf)];
}

function running(about: ClockEvent, clocks = clocksOf(about)): RunningClock[] {
  const { id, family, recorded } = about;
  return clocks.map((clock) => ({ ...clock, event: id, family, recorded }));
}

const hoursOf = ({ started, due }: Clock) => (Date.parse(due) - Date.parse(started)) / 3_600_000;

/** Type, meaning, addressee; then by clock: whose move it is, from when, and hours by urgency. */
type Started = Readonly<Record<string, readonly [owner: string, from: string, hours: readonly number[]]>>;
const ANSWER: readonly number[] = [336, 120, 48, 24];
const ACK: readonly number[] = [72, 24, 24, 4];
const URGENT_ACK: readonly number[] = [24, 4, 4, 1];
const BY_ALL: readonly number[] = [72, 24, 24, 2];
const SEEN: readonly number[] = [168, 24, 48, 2];
const ACK_RESULT: readonly number[] = [72, 24, 24, 1];

const STARTED: readonly [type: string, meaning: string | undefined, targetorg: string | undefined, Started][] = [
  [
    'referral.requested',
    undefined,
    HOSPITAL,
    { 'referral-to-response': [HOSPITAL, T0, ANSWER], acknowledgement: [HOSPITAL, T1, ACK] },
  ],
  [
    'referral.requested',
    undefined,
    undefined,
    { 'referral-to-response': [HOSPITAL, T1, ANSWER], acknowledgement: [HOSPITAL, T1, ACK] },
  ],
  [
    'referral.validation-requested',
    undefined,
    HOSPITAL,
    { 'referral-to-response': [HOSPITAL, T0, ANSWER], acknowledgement: [HOSPITAL, T1, ACK] },
  ],
  ['referral.cancelled', undefined, HOSPITAL, { acknowledgement: [HOSPITAL, T1, ACK] }],
  ['referral.responded', 'referral accepted', HOSPITAL, { 'response-to-booking': [PRACTICE, T0, [672, 168, 72, 24]] }],
  ['referral.responded', 'referral completed', HOSPITAL, {}],
  ['referral.responded', 'referral rejected or patient did not attend', HOSPITAL, {}],
  ['referral.responded', 'interim validation outcome', HOSPITAL, {}],
  ['referral.responded', 'final validation outcome', HOSPITAL, {}],
  ['referral.responded', 'validation rejected', HOSPITAL, {}],
  ['referral.responded', undefined, HOSPITAL, {}],
  ['booking.booked', undefined, HOSPITAL, {}],
  ['booking.changed', undefined, HOSPITAL, { acknowledgement: [HOSPITAL, T1, ACK] }],
  ['booking.cancelled', undefined, HOSPITAL, { acknowledgement: [HOSPITAL, T1, ACK] }],
  ['booking.outcome-recorded', undefined, HOSPITAL, {}],
  [
    'result.reported',
    'registered',
    HOSPITAL,
    { 'order-to-result': [LABORATORY, T0, [168, 24, 72, 4]], acknowledgement: [HOSPITAL, T1, ACK_RESULT] },
  ],
  [
    'result.reported',
    'provisional',
    HOSPITAL,
    { 'result-to-seen': [HOSPITAL, T0, SEEN], acknowledgement: [HOSPITAL, T1, ACK_RESULT] },
  ],
  [
    'result.reported',
    'final',
    HOSPITAL,
    { 'result-to-seen': [HOSPITAL, T0, SEEN], acknowledgement: [HOSPITAL, T1, ACK_RESULT] },
  ],
  [
    'result.reported',
    'final',
    undefined,
    { 'result-to-seen': [HOSPITAL, T1, SEEN], acknowledgement: [HOSPITAL, T1, ACK_RESULT] },
  ],
  ['result.reported', undefined, HOSPITAL, { acknowledgement: [HOSPITAL, T1, ACK_RESULT] }],
  [
    'result.corrected',
    'corrected',
    PRACTICE,
    { 'result-to-seen': [HOSPITAL, T1, BY_ALL], acknowledgement: [HOSPITAL, T1, URGENT_ACK] },
  ],
  [
    'result.withdrawn',
    'withdrawn',
    PRACTICE,
    { 'result-to-seen': [HOSPITAL, T1, BY_ALL], acknowledgement: [HOSPITAL, T1, URGENT_ACK] },
  ],
  ['result.acknowledged', 'seen by a person', HOSPITAL, {}],
];

describe('what starts a clock', () => {
  const cases = STARTED.flatMap(([type, meaning, targetorg, clocks]) =>
    URGENCIES.map((urgency, at) => ({ type, meaning, targetorg, clocks, urgency, at })),
  );
  it.each(cases)('$type ($meaning, for $targetorg), $urgency', ({ type, meaning, targetorg, clocks, urgency, at }) => {
    const about = event(type, { urgency, ...(meaning && { meaning }), ...(targetorg && { targetorg }) });
    const told = clocksOf(about).map((clock) => [clock.clock, [clock.owner, clock.started, hoursOf(clock)]]);
    const expected = Object.entries(clocks).map(([name, [owner, from, hours]]) => [name, [owner, from, hours[at]]]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
  });

  it('is every type of the catalogue that carries events of organisations', () => {
    const told = new Set(STARTED.map(([type]) => `org.signalbox.${type}.v1`));
    const types = catalogue.types().filter(({ family }) => family !== 'operations');
    expect(types.map(({ type }) => type).filter((type) => !told.has(type))).toEqual([]);
  });
  it('is not an own event that comes back to its publisher', () => {
    const about = event('result.corrected', { meaning: 'corrected', sourceorg: HOSPITAL });
    expect(clocksOf(about)).toEqual([]);
  });
  it('names the other side, and the subscription only where one delivery has to be acknowledged', () => {
    const told = clocksOf(event('referral.requested', { targetorg: HOSPITAL }));
    expect(told.map(({ clock, subscription, other }) => [clock, subscription, other])).toEqual([
      ['referral-to-response', '', PRACTICE],
      ['acknowledgement', 's-1', PRACTICE],
    ]);
  });
  it('runs as long as the organisation whose move it is has set', () => {
    const own: Rules = {
      ...rules,
      ownTimes: (ods, type, clock) =>
        ods === HOSPITAL && type === 'org.signalbox.referral.requested.v1' && clock === 'referral-to-response'
          ? { urgent: 'PT6H' }
          : undefined,
    };
    const hours = (urgency: string) =>
      hoursOf(startedBy(event('referral.requested', { targetorg: HOSPITAL, urgency }), own)[0]!);
    expect([hours('urgent'), hours('routine')]).toEqual([6, 336]);
    expect(durationMs('PT6H')).toBe(6 * 3_600_000);
  });
});

describe('what stops a clock', () => {
  const requested = () => event('referral.requested', { targetorg: HOSPITAL });
  const final = () => event('result.reported', { meaning: 'final', targetorg: HOSPITAL });
  const stops = (answer: ClockEvent, about: ClockEvent, others: readonly ClockEvent[] = []) =>
    stoppedBy(
      answer,
      [about, ...others].flatMap((one) => running(one)),
      rules,
    )
      .filter(({ identity }) => identity === about.identity)
      .map(({ clock, ended }) => `${clock} ${ended}`);
  const later = (type: string, more: Partial<ClockEvent> = {}) =>
    event(type, { recorded: T2, sourceorg: HOSPITAL, ...more });

  const CASES: readonly [what: string, answer: () => ClockEvent, about: () => ClockEvent, stopped: string[]][] = [
    [
      'a response',
      () => later('referral.responded', { meaning: 'referral accepted' }),
      requested,
      ['referral-to-response answered'],
    ],
    [
      'a response that names the request acknowledges it too',
      () => later('referral.responded', { causationid: 'referral.requested' }),
      requested,
      ['referral-to-response answered', 'acknowledgement acknowledged'],
    ],
    ['a booking', () => later('booking.booked'), requested, ['referral-to-response answered']],
    [
      'its cancellation by its publisher',
      () => later('referral.cancelled', { sourceorg: PRACTICE }),
      requested,
      ['referral-to-response answered', 'acknowledgement closed'],
    ],
    [
      'a newer version by its publisher',
      () =>
        later('referral.requested', {
          identity: 'i-2',
          id: 'e-2',
          sourceorg: PRACTICE,
          supersedes: 'referral.requested',
        }),
      requested,
      ['referral-to-response superseded', 'acknowledgement superseded'],
    ],
    [
      'not what another organisation says it replaces',
      () => later('result.corrected', { supersedes: 'referral.requested', sourceorg: LABORATORY }),
      requested,
      [],
    ],
    [
      'not what was recorded before it',
      () => event('referral.responded', { recorded: '2026-03-02T08:00:00.000Z' }),
      requested,
      [],
    ],
    ['not an event of another kind', () => later('booking.outcome-recorded'), requested, []],
    [
      'the word that a person saw it',
      () => later('result.acknowledged', { meaning: 'seen by a person', causationid: 'result.reported' }),
      final,
      ['result-to-seen answered', 'acknowledgement acknowledged'],
    ],
    [
      'the word that a person acted on it',
      () => later('result.acknowledged', { meaning: 'acted on' }),
      final,
      ['result-to-seen answered'],
    ],
    [
      'a system’s acknowledgement only stops that of systems',
      () => later('result.acknowledged', { meaning: 'acknowledged by system', causationid: 'result.reported' }),
      final,
      ['acknowledgement acknowledged'],
    ],
    [
      'not a person’s word that it is for somebody else',
      () => later('result.acknowledged', { meaning: 'not for this recipient' }),
      final,
      [],
    ],
    ['not an acknowledgement whose meaning is unknown', () => later('result.acknowledged'), final, []],
    [
      'a correction of it',
      () => later('result.corrected', { sourceorg: LABORATORY, supersedes: 'result.reported' }),
      final,
      ['result-to-seen superseded', 'acknowledgement superseded'],
    ],
  ];
  it.each(CASES)('is %s', (_what, answer, about, stopped) => expect(stops(answer(), about())).toEqual(stopped));

  it.each(['provisional', 'final'])('is for an order a %s report', (meaning) => {
    const order = event('result.reported', {
      identity: 'i-order',
      id: 'order',
      meaning: 'registered',
      targetorg: HOSPITAL,
    });
    expect(stops(later('result.reported', { sourceorg: LABORATORY, meaning }), order)).toEqual([
      'order-to-result answered',
    ]);
    expect(stops(later('result.reported', { sourceorg: LABORATORY, meaning: 'registered' }), order)).toEqual([]);
  });
  it('is for a response that accepted the referral its booking, or a response that ends it', () => {
    const accepted = event('referral.responded', {
      id: 'accepted',
      identity: 'i-a',
      sourceorg: HOSPITAL,
      meaning: 'referral accepted',
    });
    expect(stops(later('booking.booked', { causationid: 'referral.requested' }), accepted, [requested()])).toEqual([
      'response-to-booking answered',
    ]);
    expect(stops(later('referral.responded', { meaning: 'referral completed' }), accepted)).toEqual([
      'response-to-booking answered',
    ]);
    expect(stops(later('referral.responded', { meaning: 'referral accepted' }), accepted)).toEqual([]);
    expect(stops(later('referral.cancelled', { sourceorg: PRACTICE }), accepted)).toEqual([
      'response-to-booking closed',
    ]);
  });
  it('is not an answer that names another event of the journey which waits for the same', () => {
    const other = event('result.reported', { identity: 'i-2', id: 'e-2', meaning: 'final', targetorg: HOSPITAL });
    const seen = later('result.acknowledged', { meaning: 'seen by a person', causationid: 'e-2' });
    expect(stops(seen, final(), [other])).toEqual([]);
    expect(stops(seen, other, [final()])).toEqual(['result-to-seen answered', 'acknowledgement acknowledged']);
  });
  it('is for an order not the word of a system that it knows of the order', () => {
    const order = event('result.reported', { id: 'order', meaning: 'registered', targetorg: HOSPITAL });
    const noted = (meaning: string) => later('result.acknowledged', { meaning, causationid: 'order' });
    for (const meaning of ['acknowledged by system', 'seen by a person', 'not for this recipient'])
      expect(stops(noted(meaning), order)).toEqual(['acknowledgement acknowledged']);
  });
  it('is not what replaces another event of the journey which waits for the same', () => {
    const [one, other] = ['one', 'other'].map((id) =>
      event('result.reported', { id, identity: `i-${id}`, meaning: 'registered', targetorg: HOSPITAL }),
    );
    const report = later('result.reported', { sourceorg: LABORATORY, meaning: 'final', supersedes: 'one' });
    expect(stops(report, other!, [one!])).toEqual([]);
    expect(stops(report, one!, [other!])).toEqual(['order-to-result superseded', 'acknowledgement superseded']);
  });
  it('is, without a cause, not the answer of who has to answer another event of the journey', () => {
    const onward = event('referral.requested', {
      ...{ id: 'onward', identity: 'i-onward', sourceorg: HOSPITAL, targetorg: LABORATORY, recorded: T1 },
    });
    const response = later('referral.responded', { meaning: 'referral accepted' });
    expect(stops(response, requested(), [onward])).toEqual(['referral-to-response answered']);
    expect(stops(response, onward, [requested()])).toEqual([]);
    // Its cause leads to the response, and so to nothing that tells the two apart.
    const booking = later('booking.booked', { causationid: 'response' });
    expect(stops(booking, onward, [requested()])).toEqual([]);
    const elsewhere = later('booking.booked', { sourceorg: 'X9ZZZ' });
    expect(stops(elsewhere, onward, [requested()])).toEqual(['referral-to-response answered']);
    const withdrawn = later('referral.cancelled');
    expect(stops(withdrawn, requested(), [onward])).toEqual([]);
    expect(stops(withdrawn, onward, [requested()])).toEqual(['referral-to-response answered']);
  });
  it('is what names it, whichever of two clocks in two houses was ahead', () => {
    const early = { recorded: '2026-03-02T08:59:59.900Z', causationid: 'referral.requested' };
    expect(stops(later('referral.responded', early), requested())).toContain('referral-to-response answered');
  });
  it('is, of a correction, the word of everybody who has it, each for himself', () => {
    const correction = event('result.corrected', { meaning: 'corrected' });
    const clocks = [HOSPITAL, PRACTICE].flatMap((org) =>
      running(correction, startedByArrival(correction, { subscription: `s-${org}`, org, delivered: T1 }, rules)),
    );
    const seen = later('result.acknowledged', { meaning: 'seen by a person' });
    expect(stoppedBy(seen, clocks, rules).map(({ clock, owner }) => [clock, owner])).toEqual([
      ['result-to-seen', HOSPITAL],
    ]);
  });
  it('stops nothing again later, but tells an earlier stop that was read afterwards', () => {
    const clocks = running(requested()).map((clock) => ({ ...clock, closed: T2 }));
    expect(stoppedBy(later('booking.booked'), clocks, rules)).toEqual([]);
    expect(stoppedBy(later('booking.booked', { recorded: T1 }), clocks, rules)).toMatchObject([
      { clock: 'referral-to-response', closed: T1 },
    ]);
  });
});
