import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MIGRATIONS_FOLDER } from '../store/migrations.js';
import { added, CLASS_COLUMNS, CLASS_ENDS, percentile } from './delays.js';

const none = () => CLASS_COLUMNS.map(() => 0);
const counts = (at: Readonly<Record<number, number>>) => none().map((_zero, index) => at[index] ?? 0);

describe('the delay that a share of deliveries stayed within', () => {
  it('is not known of no deliveries', () => {
    expect(percentile(none(), 0.5)).toBeUndefined();
  });
  it('lies within the class of the delivery that decides, at its place there', () => {
    // Four between 500 ms and 1 s: the second of four is half way.
    expect(percentile(counts({ 3: 4 }), 0.5)).toBe(750);
    expect(percentile(counts({ 3: 4 }), 1)).toBe(1_000);
  });
  it('skips empty classes', () => {
    expect(percentile(counts({ 0: 9, 13: 1 }), 0.9)).toBe(100);
    expect(percentile(counts({ 0: 8, 13: 2 }), 0.9)).toBeGreaterThan(3_600_000);
  });
  it('says the last end for what took longer', () => {
    expect(percentile(counts({ 16: 3 }), 0.5)).toBe(259_200_000);
  });
  it('never grows smaller with a larger share', () => {
    const some = counts({ 0: 3, 2: 5, 7: 1, 12: 4 });
    const told = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99].map((share) => percentile(some, share)!);
    expect(told).toEqual(told.toSorted((one, other) => one - other));
  });
  it('can be told of several hours together', () => {
    expect(added(counts({ 1: 2 }), counts({ 1: 3, 4: 1 }))).toEqual(counts({ 1: 5, 4: 1 }));
  });
});

describe('the classes', () => {
  it('end where the database ends them, and each has its column', () => {
    const sql = readFileSync(join(MIGRATIONS_FOLDER, '0006-flows.sql'), 'utf8');
    const ends = /array\[([\d,\s]+)\]::bigint\[\]/.exec(sql)![1]!.split(',').map(Number);
    expect(ends).toEqual([...CLASS_ENDS]);
    for (const column of CLASS_COLUMNS) expect(sql).toContain(`${column} bigint not null default 0`);
    expect(CLASS_COLUMNS).toHaveLength(CLASS_ENDS.length + 1);
  });
});
