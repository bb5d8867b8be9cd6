/** Size of a small chart, in the units of its own drawing. */
export const LINE = { width: 120, height: 32, margin: 2 } as const;

/**
 * The pieces of a line through values at even distances, as points of SVG polylines. A value that is not known
 * interrupts the line; a value alone becomes a short stroke, so that it can be seen.
 */
export function linesThrough(values: readonly (number | null)[]): string[] {
  const { width, height, margin } = LINE;
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  const across = values.length > 1 ? (width - 2 * margin) / (values.length - 1) : 0;
  const point = (value: number, index: number, shift = 0) =>
    `${round(margin + index * across + shift)},${round(height - margin - (value / most) * (height - 2 * margin))}`;
  const pieces: string[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === null) pieces.push([]);
    else pieces.at(-1)!.push(point(value, index));
    const alone = value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
    if (alone) pieces.at(-1)!.push(point(value, index, margin));
  }
  return pieces.filter((piece) => piece.length > 0).map((piece) => piece.join(' '));
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
