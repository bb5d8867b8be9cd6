import { describe, expect, it } from '@jest/globals';
import { eventIdentity } from '@signalbox/contracts';
import { type Ancestor, type Descendant, Lineage } from './lineage.js';

const LAB = 'urn:ods:X9L3B:lims';
const OTHER = 'urn:ods:X9L3B:archive';

function event(id: string, supersedes?: string, source = LAB, sourceorg = 'X9L3B'): Descendant {
  const identity = eventIdentity({ attributes: { source, id }, data: { kind: 'absent' } });
  return { identity, source, id, sourceorg, ...(supersedes !== undefined && { supersedes }) };
}
const idsOf = (events: readonly Ancestor[]) => events.map(({ id }) => id);

describe('Lineage', () => {
  it('counts a chain of corrections from the first, the nearest first, whatever order they were read in', () => {
    const [first, second, third] = [event('1'), event('2', '1'), event('3', '2')];
    const lineage = new Lineage([third, first, second]);
    expect(idsOf(lineage.replacedBy(third))).toEqual(['2', '1']);
    expect(idsOf(lineage.replacing(first))).toEqual(['2', '3']);
    expect(lineage.replacedBy(first)).toEqual([]);
  });

  it('tells several corrections of one event apart', () => {
    const lineage = new Lineage([event('1'), event('2', '1'), event('3', '1')]);
    expect(idsOf(lineage.replacing(event('1'))).toSorted()).toEqual(['2', '3']);
    expect(idsOf(lineage.replacedBy(event('3', '1')))).toEqual(['1']);
  });

  it('takes an id for that of the correction’s own source where both sources use it', () => {
    const [own, others] = [event('1'), event('1', undefined, OTHER)];
    const lineage = new Lineage([own, others, event('2', '1')]);
    expect(lineage.replacedBy(event('2', '1'))).toEqual([own]);
    expect(lineage.replacing(others)).toEqual([]);
  });

  it('lets one system of an organisation correct what another published', () => {
    const others = event('1', undefined, OTHER);
    const lineage = new Lineage([others, event('2', '1')]);
    expect(lineage.replacedBy(event('2', '1'))).toEqual([others]);
    expect(idsOf(lineage.replacing(others))).toEqual(['2']);
  });

  it('never lets an organisation correct what another published', () => {
    const theirs = event('1', undefined, 'urn:ods:X9G1P:records', 'X9G1P');
    const correction = event('2', '1');
    expect(new Lineage([theirs, correction]).replacing(theirs)).toEqual([]);
    expect(new Lineage([theirs, correction]).replacedBy(correction)).toEqual([event('1')]);
  });

  it('knows an event that is gone by its name, or by who received it', () => {
    const correction = event('2', '1');
    expect(new Lineage([correction]).replacedBy(correction)).toEqual([event('1')]);
    const received = event('1', undefined, OTHER);
    expect(new Lineage([correction], [received]).replacedBy(correction)).toEqual([received]);
    expect(idsOf(new Lineage([correction], [received]).replacing(received))).toEqual(['2']);
  });

  it('comes to an end where events replace each other in a circle, or themselves', () => {
    const lineage = new Lineage([event('1', '2'), event('2', '1'), event('3', '3')]);
    expect(idsOf(lineage.replacedBy(event('1', '2')))).toEqual(['2']);
    expect(lineage.replacedBy(event('3', '3'))).toEqual([]);
  });
});
