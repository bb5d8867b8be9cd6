import type { Metrics } from '@signalbox/runtime';
import type { Queries } from '../../store/database.js';
import { DueBook } from './due-book.js';

/** A gauge that is looked up when it is asked for; while the database is away it keeps its last values. */
export function observeOverdue(metrics: Metrics, queries: Queries): void {
  const book = new DueBook(queries);
  metrics.gauge(
    'signalbox_deadlines_overdue',
    'Deadlines that were missed and still wait for what was due, by clock and type of the event',
    ['clock', 'type'],
    async (gauge) => {
      const counts = await book.overdue({ all: true }).catch(() => undefined);
      if (counts === undefined) return;
      gauge.reset();
      for (const { clock, type, count } of counts) gauge.inc({ clock, type }, count);
    },
  );
}
