import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder } from '@signalbox/contracts';
import { expecting, type HeadedDelivery, type HeadedEvent, type HeadedType, headingOf } from './heading.js';
import { Clock } from './words.js';

const NOW = new Date('2026-11-21T10:00:00.000Z');
const before = (amount: number, unit: 'd' | 'h' | 'm') =>
  new Date(NOW.getTime() - amount * { d: 86_400_000, h: 3_600_000, m: 60_000 }[unit]).toISOString();

const TYPES: Record<string, HeadedType> = {
  requested: {
    title: 'Referral requested',
    awaits: { text: 'a booking or a response', next: ['booked', 'responded'], by: 'receiver' },
  },
  booked: { title: 'Appointment booked', awaits: { text: 'the outcome', next: ['outcome'], by: 'publisher' } },
  outcome: { title: 'Outcome recorded', closes: true },
  cancelled: { title: 'Referral cancelled', closes: true },
  responded: { title: 'Response' },
  reported: {
    title: 'Result reported',
    awaits: { text: 'an acknowledgement', next: ['acknowledged'], by: 'receiver' },
  },
  corrected: {
    title: 'Result corrected',
    awaits: { text: 'an acknowledgement', next: ['acknowledged'], by: 'receiver' },
  },
};
const heading = (...events: HeadedEvent[]) => headingOf(events, (type) => TYPES[type], NOW);

const delivery = (state: HeadedDelivery['state'], more: Partial<HeadedDelivery> = {}): HeadedDelivery => ({
  org: 'X9H2T',
  state,
  since: before(3, 'd'),
  attempts: 1,
  entitled: true,
  ...more,
});
const event = (type: string, deliveries: HeadedDelivery[] = [], more: Partial<HeadedEvent> = {}): HeadedEvent => ({
  id: type,
  type,
  family: 'booking',
  sourceorg: 'X9G1P',
  recorded: before(4, 'd'),
  deliveries,
  ...more,
});

describe('headingOf', () => {
  it('says who has the journey, since when and what it waits for', () => {
    const { sentence, holders, state } = heading(event('requested', [delivery('acknowledged')]));
    expect(sentence).toBe('With X9H2T (booking) for 3 days; waiting for a booking or a response.');
    expect({ holders, state }).toEqual({ holders: ['X9H2T'], state: 'awaited' });
  });

  it('gives the journey back to a publisher who has to act next', () => {
    const { sentence } = heading(
      event('requested', [delivery('delivered')]),
      event('booked', [delivery('delivered', { org: 'X9G1P' })], { sourceorg: 'X9H2T', recorded: before(5, 'h') }),
    );
    expect(sentence).toBe('With X9H2T (booking) for 5 hours; waiting for the outcome.');
  });

  it('does not give an event to its own publisher, who receives it back', () => {
    const own = delivery('delivered', { org: 'X9G1P' });
    expect(heading(event('reported', [own, delivery('delivered')])).holders).toEqual(['X9H2T']);
    expect(heading(event('reported', [own])).sentence).toBe(
      'With nobody for 4 days; no organisation has subscribed to “Result reported”; waiting for a subscription that receives it.',
    );
  });

  it('names the failed attempts when the event has not arrived', () => {
    const waiting = delivery('waiting', {
      attempts: 2,
      reason: 'endpoint-timeout',
      nextattempt: '2026-11-21T10:05:00.000Z',
    });
    const { sentence, state, problems } = heading(event('requested', [waiting], { recorded: before(20, 'm') }));
    expect(sentence).toBe(
      '“Referral requested” is not delivered to X9H2T yet, after 20 minutes: attempt 2 failed (endpoint-timeout); the next attempt is in 5 minutes.',
    );
    expect(state).toBe('delivering');
    expect(problems).toHaveLength(1);
  });

  it('says that a parked delivery waits for a person', () => {
    const parked = delivery('parked', { attempts: 8, reason: 'endpoint-refused', since: before(2, 'h') });
    const { sentence, state } = heading(event('requested', [parked]));
    expect(sentence).toContain('parked for 2 hours after 8 attempts (endpoint-refused); it waits for a person');
    expect(state).toBe('not-delivered');
  });

  it('says so when nobody subscribed, and when the addressee did not', () => {
    expect(heading(event('requested')).sentence).toContain('no organisation has subscribed to “Referral requested”');
    expect(heading(event('requested', [], { targetorg: 'X9H2T' })).sentence).toContain('X9H2T has not subscribed');
  });

  it('waits for the addressee, whoever else received the event', () => {
    const copies = [delivery('delivered', { org: 'X9L3B' }), delivery('waiting', { attempts: 0, channel: 'pull' })];
    expect(heading(event('requested', copies, { targetorg: 'X9H2T' })).sentence).toContain(
      'waiting for X9H2T to collect it',
    );
  });

  it('does not wait for organisations that filter the event away or have no grant', () => {
    const others = [
      delivery('filtered', { org: 'X9L3B', entitled: false }),
      delivery('suppressed', { org: 'X9L4C', entitled: false }),
    ];
    const { sentence, problems } = heading(event('requested', [delivery('delivered'), ...others]));
    expect(sentence).toMatch(/^With X9H2T \(booking\)/);
    expect(problems).toEqual([]);
  });

  it('says that an addressee has no grant', () => {
    const suppressed = delivery('suppressed', { entitled: false });
    expect(heading(event('requested', [suppressed], { targetorg: 'X9H2T' })).sentence).toContain(
      'X9H2T has no grant for this type',
    );
  });

  it('takes a cancelled referral as closed though it was never answered', () => {
    const { sentence, state } = heading(
      event('requested', [delivery('delivered')]),
      event('cancelled', [], { recorded: before(1, 'h') }),
    );
    expect(sentence).toBe('Closed for 1 hour: “Referral cancelled” from X9G1P.');
    expect(state).toBe('closed');
  });

  it('does not take one family as answered because another was closed', () => {
    const { sentence } = heading(
      event('requested', [delivery('delivered')], { family: 'referral' }),
      event('outcome', [], { family: 'booking' }),
    );
    expect(sentence).toMatch(/^With X9H2T \(referral\)/);
  });

  it('lets a correction take the place of what it supersedes', () => {
    const parked = delivery('parked', { org: 'X9G1P' });
    const { sentence, problems } = heading(
      event('reported', [parked]),
      event('corrected', [delivery('delivered', { org: 'X9G1P', since: before(2, 'h') })], {
        supersedes: 'reported',
        sourceorg: 'X9L3B',
      }),
    );
    expect(sentence).toBe('With X9G1P (booking) for 2 hours; waiting for an acknowledgement.');
    expect(problems).toEqual([]);
  });

  it('pays no attention to the second copy of an event', () => {
    const { sentence } = heading(
      event('requested', [delivery('delivered')]),
      event('responded', [], { recorded: before(1, 'h') }),
      event('requested', [], { duplicateof: 'EVENTS_REFERRAL:1' }),
    );
    expect(sentence).toContain('Nothing is awaited. The last event, “Response” from X9G1P, was accepted 1 hour ago.');
  });

  it('still tells of a delivery that failed when nothing is awaited', () => {
    const { problems } = heading(event('responded', [delivery('parked', { reason: 'endpoint-gone' })]));
    expect(problems).toEqual([expect.stringContaining('“Response” to X9H2T: parked for 3 days')]);
  });

  it('speaks of many receivers without listing them all', () => {
    const many = ['A1', 'A2', 'A3', 'A4', 'A5'].map((org) => delivery('delivered', { org }));
    expect(heading(event('requested', many)).sentence).toContain('With A1, A2 and 3 others (booking)');
  });

  it('knows an unknown type by its name', () => {
    expect(heading(event('strange', [], { recorded: before(1, 'm') })).sentence).toContain('“strange”');
  });
  it('says that a publisher has to tell whoever cannot be brought a correction', () => {
    const ended = delivery('parked', { reason: 'receiver-ended', attempts: 0 });
    const ungranted = delivery('parked', { reason: 'no-grant', attempts: 0, org: 'X9L3B', entitled: false });
    expect(heading(event('corrected', [ended, ungranted])).problems).toEqual([
      '“Result corrected” to X9H2T: cannot be delivered: the subscription that received what it corrects has ended; its publisher has to tell X9H2T.',
      '“Result corrected” to X9L3B: cannot be delivered: the receiver of what it corrects has no grant any more; its publisher has to tell X9L3B.',
    ]);
  });

  it('names organisations beside their codes', () => {
    const named = (ods: string) => (ods === 'X9H2T' ? 'Harbour Hospital' : undefined);
    const sentence = (...events: HeadedEvent[]) => headingOf(events, (type) => TYPES[type], NOW, named).sentence;
    expect(sentence(event('requested', [delivery('acknowledged')]))).toMatch(
      /^With X9H2T Harbour Hospital \(booking\)/,
    );
    expect(sentence(event('cancelled'))).toContain('from X9G1P.');
  });

  it('names the event that is waited for', () => {
    expect(heading(event('requested', [delivery('delivered')], { source: 's' })).event).toEqual({
      id: 'requested',
      source: 's',
    });
    expect(heading(event('cancelled'))).not.toHaveProperty('event');
  });
});

describe('what is awaited, by the catalogue', () => {
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await Catalogue.load(defaultSchemasFolder());
  });
  const [PRACTICE, HOSPITAL, LABORATORY] = ['X9G1P', 'X9H2T', 'X9L3B'];
  const has = (...orgs: string[]) => orgs.map((org) => delivery('delivered', { org, since: before(2, 'h') }));
  let count = 0;
  const of = (type: string, sourceorg: string, meaning?: string, more: Partial<HeadedEvent> = {}) =>
    event(`org.signalbox.${type}.v1`, has(sourceorg === HOSPITAL ? PRACTICE : HOSPITAL), {
      ...{ id: `e${String((count += 1))}`, family: type.split('.')[0]!, sourceorg, recorded: before(3, 'h') },
      ...(meaning !== undefined && { meaning }),
      ...more,
    });
  const told = (...events: HeadedEvent[]) => headingOf(events, (type) => catalogue.find(type), NOW);
  const requested = () => of('referral.requested', PRACTICE);
  const answered = (meaning?: string) => of('referral.responded', HOSPITAL, meaning);
  const report = (meaning?: string) => of('result.reported', LABORATORY, meaning);

  it.each([
    ['referral accepted', 'the answering service to book an appointment or to say that there will be none'],
    ['interim validation outcome', 'the answering service to book an appointment or to report its final outcome'],
    [undefined, 'the answering service to book an appointment or to report its final outcome'],
  ])('after the response “%s” is a move of who answered', (meaning, waitsfor) => {
    expect(told(requested(), answered(meaning))).toMatchObject({ state: 'awaited', holders: [HOSPITAL], waitsfor });
  });
  it.each([
    'referral completed',
    'referral rejected or patient did not attend',
    'final validation outcome',
    'validation rejected',
  ])('after the response “%s” is nothing, and the sentence says which it was', (meaning) => {
    const { state, sentence } = told(requested(), answered(meaning));
    expect(state).toBe('nothing-awaited');
    expect(sentence).toContain(
      `The last event, “Referral responded” (${meaning}) from X9H2T, was accepted 3 hours ago`,
    );
  });
  it('after an order is its result, from the laboratory, and after the result that a person sees it', () => {
    const order = report('registered');
    expect(told(order)).toMatchObject({ holders: [LABORATORY], waitsfor: 'the laboratory to report the result' });
    expect(told(order, report('final'))).toMatchObject({ holders: [HOSPITAL], state: 'awaited' });
    const acknowledged = (meaning: string) => of('result.acknowledged', HOSPITAL, meaning);
    for (const meaning of ['acknowledged by system', 'not for this recipient'])
      expect(told(order, report('final'), acknowledged(meaning))).toMatchObject({ state: 'awaited' });
    expect(told(order, report('final'), acknowledged('seen by a person'))).toMatchObject({ state: 'closed' });
  });
  it('after a correction is the word of everybody who has it', () => {
    const correction = of('result.corrected', LABORATORY, undefined, { deliveries: has(PRACTICE, HOSPITAL) });
    const seen = (by: string) => of('result.acknowledged', by, 'seen by a person');
    expect(told(correction).holders).toEqual([PRACTICE, HOSPITAL]);
    expect(told(correction, seen(PRACTICE)).holders).toEqual([HOSPITAL]);
    expect(told(correction, seen(PRACTICE), seen(HOSPITAL)).state).toBe('closed');
  });
  it('is not ended by an answer that names another event which waits for the same', () => {
    const [first, second] = [report('final'), report('final')];
    const seen = of('result.acknowledged', HOSPITAL, 'seen by a person', { causationid: second.id });
    expect(told(first, second, seen).event).toEqual({ id: first.id });
  });
  it('is not ended by who has to answer another event which waits for the same', () => {
    const [other, first] = ['X9C5N', of('referral.requested', PRACTICE, undefined, { targetorg: HOSPITAL })];
    const second = of('referral.requested', PRACTICE, undefined, { targetorg: other, deliveries: has(other) });
    const refused = of('referral.responded', other, 'referral rejected or patient did not attend');
    expect(told(first, second, refused)).toMatchObject({ event: { id: first.id }, holders: [HOSPITAL] });
    const cancelled = of('referral.cancelled', PRACTICE);
    expect(told(first, second, cancelled).state).toBe('closed');
  });
});

describe('expecting', () => {
  const clock = new Clock('Europe/London');
  const held = heading(event('requested', [delivery('acknowledged')]));
  it('says the day by which something should happen', () => {
    expect(expecting(held, '2026-11-24T10:00:00.000Z', NOW, clock)).toMatchObject({
      sentence: 'With X9H2T (booking) for 3 days; waiting for a booking or a response; expected by 24 November.',
      expectedby: '2026-11-24T10:00:00.000Z',
    });
  });
  it('says the time when it is near, and the year when it is another one', () => {
    expect(expecting(held, '2026-11-21T17:30:00.000Z', NOW, clock).sentence).toMatch(
      /; expected by 21 November at 17:30:00 GMT\.$/,
    );
    expect(expecting(held, '2027-01-04T10:00:00.000Z', NOW, clock).sentence).toMatch(/; expected by 4 January 2027\.$/);
  });
  it('says that it should have happened', () => {
    expect(expecting(held, before(5, 'd'), NOW, clock).sentence).toMatch(/; it was expected by 16 November\.$/);
  });
  it('goes by the deadline of the delivery until it is delivered', () => {
    const waiting = heading(event('requested', [delivery('waiting', { due: '2026-11-28T10:00:00.000Z' })]));
    expect(expecting(waiting, undefined, NOW, clock).sentence).toMatch(/; expected by 28 November\.$/);
    expect(expecting(held, undefined, NOW, clock)).toEqual(held);
    const both = expecting(waiting, '2026-12-05T10:00:00.000Z', NOW, clock);
    expect(both.sentence).toMatch(/; expected by 28 November; an answer is due by 5 December\.$/);
    expect(both.expectedby).toBe('2026-11-28T10:00:00.000Z');
    const nobody = heading(event('requested'));
    expect(expecting(nobody, before(5, 'd'), NOW, clock).sentence).toMatch(
      /receives it; an answer was due by 16 November\.$/,
    );
  });
});
