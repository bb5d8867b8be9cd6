import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventView } from '../journeys/journey-view.fixture.js';
import type { EventView } from '../journeys/journey-view.js';
import { type Descendant, lineageOf } from './lineage.js';

const event = (id: string, more: Partial<EventView> = {}) => eventView({ id, title: `title of ${id}`, ...more });
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);

describe('lineageOf', () => {
  const asked = event('a');
  const booked = event('b', { causationid: 'a' });
  const moved = event('c', { causationid: 'a', supersedes: 'b' });
  const outcome = event('d', { causationid: 'c' });
  const all = [asked, booked, moved, outcome];

  it('goes back to where an event comes from, and forward to all that came of it', () => {
    expect(ids(lineageOf(outcome, all).answers)).toEqual(['c', 'a']);
    const { answeredby, answers } = lineageOf(asked, all);
    expect(answers).toEqual([]);
    expect(answeredby.map((one) => [one.id, ids(one.answeredby)])).toEqual([
      ['b', []],
      ['c', ['d']],
    ]);
  });
  it('tells what replaced what, to the end of the chain', () => {
    const again = event('e', { supersedes: 'c' });
    expect(ids(lineageOf(booked, [...all, again]).replacedby)).toEqual(['c', 'e']);
    expect(ids(lineageOf(again, [...all, again]).replaces)).toEqual(['c', 'b']);
  });
  it('names what is not of the journey by its id', () => {
    expect(lineageOf(event('x', { causationid: 'elsewhere' }), []).answers).toEqual([
      { id: 'elsewhere', title: 'elsewhere' },
    ]);
  });
  it('takes the event of its own source where two sources use an id', () => {
    const other = event('a', { source: 'other', title: 'another' });
    expect(lineageOf(booked, [other, asked, booked]).answers[0]?.title).toBe('title of a');
  });
  it('ends, whatever events say of one another', () => {
    const links = fc.array(fc.tuple(fc.nat(5), fc.option(fc.nat(5)), fc.option(fc.nat(5))), {
      minLength: 1,
      maxLength: 6,
    });
    const depth = (list: readonly Descendant[]): number => 1 + Math.max(0, ...list.map((one) => depth(one.answeredby)));
    fc.assert(
      fc.property(links, (all) => {
        const events = all.map(([id, cause, before]) =>
          event(String(id), {
            ...(cause !== null && { causationid: String(cause) }),
            ...(before !== null && { supersedes: String(before) }),
          }),
        );
        const told = lineageOf(events[0]!, events);
        expect(told.answers.length + told.replaces.length + told.replacedby.length).toBeLessThanOrEqual(30);
        expect(depth(told.answeredby)).toBeLessThanOrEqual(12);
      }),
    );
  });
});
