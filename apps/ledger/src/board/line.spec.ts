import { describe, expect, it } from '@jest/globals';
import { LINE, linesThrough } from './line.js';

const points = (line: string) => line.split(' ').map((point) => point.split(',').map(Number));

describe('a small chart', () => {
  it('draws the greatest value at the top and 0 at the bottom, from edge to edge', () => {
    const [line] = linesThrough([0, 10, 5]);
    expect(points(line!)).toEqual([
      [LINE.margin, LINE.height - LINE.margin],
      [LINE.width / 2, LINE.margin],
      [LINE.width - LINE.margin, LINE.height / 2],
    ]);
  });
  it('lies on the ground when nothing happened', () => {
    const [line] = linesThrough([0, 0]);
    expect(points(line!).every(([, y]) => y === LINE.height - LINE.margin)).toBe(true);
  });
  it('is interrupted where a value is not known', () => {
    expect(linesThrough([1, 2, null, 3, 4])).toHaveLength(2);
    expect(linesThrough([null, null])).toEqual([]);
  });
  it('shows a value that stands alone', () => {
    const [line] = linesThrough([null, 7, null]);
    expect(points(line!)).toHaveLength(2);
  });
});
