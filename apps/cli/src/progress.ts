import type { Terminal } from './terminal.js';

/** Redraws are this many milliseconds apart at least: a bar must not cost more than the work. */
const REDRAW_MS = 80;

/** A bar on stderr while work goes on; silent where nobody watches (no terminal). */
export class Progress {
  private drawnAt = 0;
  private readonly startedAt = performance.now();

  constructor(
    private readonly terminal: Terminal,
    private readonly unit: string,
  ) {}

  /** `share` from 0 to 1, `count` in the unit. */
  update(share: number, count: number): void {
    const now = performance.now();
    if (!this.terminal.watched || now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    const seconds = (now - this.startedAt) / 1000;
    this.terminal.redraw(barLine(share, count, this.unit, seconds, this.terminal.columns));
  }

  /** Takes the bar away, so that what follows starts on a clean line. */
  clear(): void {
    if (this.drawnAt > 0) this.terminal.redraw('');
  }
}

/** The line of a bar that fits the width. */
export function barLine(share: number, count: number, unit: string, seconds: number, columns: number): string {
  const bounded = Math.min(1, Math.max(0, share));
  const rate = seconds > 0 ? Math.round(count / seconds) : 0;
  const text = ` ${Math.floor(bounded * 100)
    .toString()
    .padStart(3)} %  ${count} ${unit}, ${rate}/s`;
  const width = Math.max(5, Math.min(40, columns - text.length - 3));
  const filled = Math.round(width * bounded);
  return `[${'█'.repeat(filled)}${'·'.repeat(width - filled)}]${text}`;
}
