import { derivedRecordId } from '@signalbox/messaging';
import { type Announcing, OPERATOR } from '@signalbox/registry';
import type { Log, Metrics } from '@signalbox/runtime';
import type { Viewer } from '../../journeys/sight.js';
import { type Database, plain, type Queries, type Row } from '../../store/database.js';
import { type Alert, type AlertTimes, type Change, changesOf, type Noticed } from './decision.js';
import { alertEntry, ALERT_KINDS, type AlertKind, isAlertKind } from './kinds.js';

/** What alerts stand on. */
export interface AlertsParts {
  readonly database: Database;
  readonly announcing: Pick<Announcing, 'announce'>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly times: AlertTimes;
  /** Where browsers reach the console, without a slash at its end: what links in alerts begin with. */
  readonly console: string;
  readonly keepDays: number;
}

/** Which alerts are asked for. */
export interface AlertsWanted {
  readonly state: 'open' | 'past';
  readonly kind?: AlertKind;
  readonly severity?: string;
  readonly org?: string;
  /** Those that come after this one in the order of the list. */
  readonly after?: { readonly raised: string; readonly id: string };
  readonly limit: number;
}

/** Told in one round at most; the rest follows in the next. */
const TOLD_AT_ONCE = 200;

const OPEN = 'select * from alerts where resolved is null order by raised, id';
const INSERT = `
  insert into alerts (id, kind, key, severity, org, about, detail, explicit, raised, reminded)
  values ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $9)
  on conflict (kind, key) where resolved is null do update
    set cleared = null, detail = excluded.detail, about = excluded.about
  returning id`;

/** What needs a person: on record before it is told, told by events, pages and metrics, and over by itself. */
export class Alerts {
  readonly #open;
  readonly #untold;

  constructor(private readonly parts: AlertsParts) {
    const { metrics } = parts;
    this.#open = metrics.gauge('signalbox_alerts_open', 'Alerts that are open', ['alert', 'severity']);
    this.#untold = metrics.gauge(
      'signalbox_alerts_untold',
      'Alerts, reminders and ends of alerts that no event tells of yet, because the engine does not take it',
    );
    for (const kind of ALERT_KINDS) this.#open.set({ alert: kind, severity: alertEntry(kind).severity }, 0);
  }

  /** Notes something that the rounds cannot notice. The same kind and key again changes nothing but its words. */
  async raise(noticed: Noticed, now = new Date()): Promise<void> {
    await insert(this.parts.database, noticed, true, now);
  }

  /** Ends what {@link raise} began; nothing happens when there is none. */
  async resolve(kind: AlertKind, key: string, now = new Date()): Promise<void> {
    await this.parts.database.query(
      'update alerts set resolved = $3, untold = true where kind = $1 and key = $2 and resolved is null',
      [kind, key, now.toISOString()],
    );
  }

  /** Open alerts of the viewer's own side, the newest first. */
  open(viewer: Viewer, limit = 200): Promise<Alert[]> {
    return this.list(viewer, { state: 'open', limit });
  }

  /** Newest first. */
  async list(viewer: Viewer, wanted: AlertsWanted): Promise<Alert[]> {
    const side = viewer.all ? wanted.org : viewer.ods;
    const { kind, severity, after, limit } = wanted;
    // Somebody who sees one side and asks for another sees nothing of it.
    if (!viewer.all && wanted.org !== undefined && wanted.org !== viewer.ods) return [];
    const rows = await this.parts.database.query<Row>(
      `select * from alerts
       where resolved is ${wanted.state === 'open' ? 'null' : 'not null'}
         and ($1::text is null or org = $1) and ($2::text is null or kind = $2) and ($3::text is null or severity = $3)
         and ($4::timestamptz is null or (raised, id) < ($4::timestamptz, $5::text))
       order by raised desc, id desc limit $6`,
      [side ?? null, kind ?? null, severity ?? null, after?.raised ?? null, after?.id ?? null, limit],
    );
    return rows.map(alertOf);
  }

  /** One alert of the viewer's own side. */
  async find(viewer: Viewer, id: string): Promise<Alert | undefined> {
    const [row] = await this.parts.database.query<Row>(
      'select * from alerts where id = $1 and ($2::text is null or org = $2)',
      [id, viewer.all ? null : viewer.ods],
    );
    return row === undefined ? undefined : alertOf(row);
  }

  /**
   * Takes over what was noticed in one round.
   * @param judged the kinds that could be looked at; the others are left as they are
   */
  async take(noticed: readonly Noticed[], judged: ReadonlySet<AlertKind>, now = new Date()): Promise<void> {
    const { database, times } = this.parts;
    const open = (await database.query<Row>(OPEN)).map(alertOf);
    const changes = changesOf(open, noticed, judged, now.getTime(), times);
    if (changes.length > 0) {
      await database.transaction(async (within) => {
        for (const change of changes) await apply(within, change, now);
      });
    }
    this.#say(changes);
    await this.#count();
  }

  /** Tells by events what is on record and was not told. What the engine does not take is told in a later round. */
  async tell(): Promise<void> {
    const { database, log } = this.parts;
    const rows = await database.query<Row>('select * from alerts where untold order by raised limit $1', [
      TOLD_AT_ONCE,
    ]);
    let left = rows.length;
    try {
      for (const alert of rows.map(alertOf)) {
        await this.#tellOne(alert);
        left -= 1;
      }
    } catch (error) {
      log.warn({ err: error, count: left }, 'alerts cannot be told by events now; pages and metrics show them');
    } finally {
      this.#untold.set(left);
    }
  }

  /** Forgets what was over long ago. */
  async forget(now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - this.parts.keepDays * 86_400_000);
    await this.parts.database.query('delete from alerts where resolved < $1 and not untold', [before.toISOString()]);
  }

  /** Where to look, and what to do. */
  links({ kind, org, about }: Noticed): { readonly page: string; readonly runbook: string } {
    const { console } = this.parts;
    return { page: `${console}${alertEntry(kind).leads(org, about)}`, runbook: `${console}/runbooks/${kind}` };
  }

  /** To whose move it is and to the operator; each event has its own place in the record of what was told. */
  async #tellOne(alert: Alert): Promise<void> {
    const { announcing, database, log } = this.parts;
    const { kind, id, org, reminders, resolved } = alert;
    const told = alertEntry(kind).silent ? [] : [...new Set([org, OPERATOR.ods])];
    try {
      for (const targetorg of told) {
        const common = { targetorg, thread: ['alert', id], ...URGENCY[alertEntry(kind).severity] };
        if (alert.toldraised < reminders)
          await announcing.announce('alert-raised', {
            ...common,
            id: [id, reminders],
            time: reminders === 0 ? alert.raised : alert.reminded,
            data: this.#raised(alert),
          });
        if (resolved !== undefined && !alert.toldresolved)
          await announcing.announce('alert-resolved', {
            ...common,
            id: [id],
            time: resolved,
            data: this.#resolved(alert, resolved),
          });
      }
    } catch (error) {
      // An event that does not meet its own contract never will: it is ours to mend, and the others must be told.
      if (!(error instanceof TypeError)) throw error;
      log.error({ err: error, kind }, 'an alert cannot be told as its contract asks');
    }
    await database.query(
      `update alerts set toldraised = greatest(toldraised, $2), toldresolved = $3,
         untold = reminders > $2 or (resolved is not null and not $3) where id = $1`,
      [id, reminders, resolved !== undefined],
    );
  }

  #raised(alert: Alert): object {
    const { kind, id, org, about, raised, detail, reminders } = alert;
    const { title, severity } = alertEntry(kind);
    const { page, runbook } = this.links(alert);
    return {
      alert: kind,
      id,
      severity,
      title,
      detail,
      organisation: org,
      about,
      raised,
      reminder: reminders,
      page,
      runbook,
    };
  }

  #resolved(alert: Alert, resolved: string): object {
    const { kind, id, org, about, raised } = alert;
    const { title, severity } = alertEntry(kind);
    return {
      alert: kind,
      id,
      severity,
      title,
      organisation: org,
      about,
      raised,
      resolved,
      page: this.links(alert).page,
    };
  }

  #say(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.change === 'raise')
        this.parts.log.warn({ kind: change.noticed.kind, org: change.noticed.org }, 'an alert was raised');
      else if (change.change === 'resolve')
        this.parts.log.info({ kind: change.alert.kind, org: change.alert.org }, 'an alert is over');
    }
  }

  async #count(): Promise<void> {
    const rows = await this.parts.database.query<{ kind: string; count: number }>(
      'select kind, count(*)::int as count from alerts where resolved is null group by kind',
    );
    const counts = new Map(rows.map(({ kind, count }) => [kind, count]));
    for (const kind of ALERT_KINDS)
      this.#open.set({ alert: kind, severity: alertEntry(kind).severity }, counts.get(kind) ?? 0);
  }
}

const URGENCY = {
  critical: { urgency: 'critical' },
  warning: { urgency: 'urgent' },
  information: { urgency: 'routine' },
} as const;

async function insert(queries: Queries, noticed: Noticed, explicit: boolean, now: Date): Promise<void> {
  const { kind, key, org, about, detail } = noticed;
  const raised = now.toISOString();
  const id = derivedRecordId(['alert', kind, key, raised]);
  const { severity } = alertEntry(kind);
  await queries.query(INSERT, [id, kind, key, severity, org, JSON.stringify(about), detail, explicit, raised]);
}

async function apply(queries: Queries, change: Change, now: Date): Promise<void> {
  const at = now.toISOString();
  switch (change.change) {
    case 'raise':
      return insert(queries, change.noticed, false, now);
    case 'keep': {
      const { detail, about } = change.noticed;
      await queries.query('update alerts set cleared = null, detail = $2, about = $3::jsonb where id = $1', [
        change.alert.id,
        detail,
        JSON.stringify(about),
      ]);
      return;
    }
    case 'clear':
      await queries.query('update alerts set cleared = $2 where id = $1', [change.alert.id, at]);
      return;
    case 'resolve':
      await queries.query('update alerts set resolved = $2, untold = true where id = $1 and resolved is null', [
        change.alert.id,
        at,
      ]);
      return;
    case 'remind':
      await queries.query(
        'update alerts set reminders = reminders + 1, reminded = $2, untold = true where id = $1 and resolved is null',
        [change.alert.id, at],
      );
  }
}

/** A kind that this version does not know was written by a newer one; it is shown as what it is called. */
function alertOf(row: Row): Alert {
  const alert = plain<Alert>(row);
  return isAlertKind(alert.kind) ? alert : { ...alert, kind: 'unknown-stuck' };
}
