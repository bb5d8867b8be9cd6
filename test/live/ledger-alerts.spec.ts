import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED } from './ledger-rig.js';
import { waitFor } from '../support/index.js';

interface Shown {
  readonly id: string;
  readonly alert: string;
  readonly organisation: string;
  readonly about: Record<string, unknown>;
  readonly detail: string;
  readonly page: string;
  readonly runbook: string;
}

const OPERATIONS = 'org.signalbox.operations.*';

describe('what needs a person', () => {
  let exchange: LedgerExchange;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.subscribe('news', HOSPITAL, { types: [OPERATIONS], start: { operations: 1 } });
    await exchange.open({
      SIGNALBOX_LEDGER_URL: 'https://console.example.org',
      SIGNALBOX_ALERT_EVERY_MS: '50',
      SIGNALBOX_ALERT_QUIET_MS: '0',
      SIGNALBOX_ALERT_DOWN_MS: '0',
      SIGNALBOX_ALERT_REFUSALS: '2',
      SIGNALBOX_RHYTHM_GAPS: '3',
      SIGNALBOX_RHYTHM_SPAN_MS: '0',
      SIGNALBOX_SILENCE_LEAST_MS: '300',
      SIGNALBOX_SILENCE_ASK_GATEWAY: 'false',
      SIGNALBOX_ENGINE_LOOK_MS: '100',
    });
  });
  afterAll(() => exchange.stop());

  const open = (ods: string, kind: string, count: number) =>
    exchange
      .until<{ alerts: Shown[] }>(ods, `/alerts?kind=${kind}`, ({ alerts }) => alerts.length === count)
      .then(({ alerts }) => alerts);

  /** What the exchange told organisations by events: their names, addressees and contents. */
  const told = async (type: string) => {
    const { events } = await exchange.engine.events.read({
      family: 'operations',
      types: [`org.signalbox.operations.${type}.v1`],
      after: 0,
      limit: 200,
    });
    return events.map(({ event }) => ({
      to: event.attributes['targetorg'],
      data: JSON.parse(Buffer.from(event.data.kind === 'json' ? event.data.bytes : '').toString()) as Record<
        string,
        unknown
      >,
    }));
  };
  const toldOf = (type: string, kind: string, times: number) =>
    waitFor(`${type} of ${kind}`, async () => {
      const of = (await told(type)).filter(({ data }) => data['alert'] === kind);
      return of.length === times ? of : undefined;
    });

  it('is shown to whose move it is and to the operator, and to nobody else; told by events; and over by itself', async () => {
    const event = await exchange.accept({ attributes: { targetorg: HOSPITAL } });
    const delivery = { org: HOSPITAL, subscription: 'hospital', channel: 'webhook', attempt: 1 };
    await exchange.step(event, 'parked', { ...delivery, state: 'parked', reason: 'endpoint-refused' });
    const [alert] = await open(HOSPITAL, 'subscriber-refusing', 1);
    expect(alert).toMatchObject({
      organisation: HOSPITAL,
      about: { subscription: 'hospital', count: 1 },
      page: `https://console.example.org/stuck?stuck=subscriber-refused&receiver=${HOSPITAL}`,
      runbook: 'https://console.example.org/runbooks/subscriber-refusing',
    });
    expect(await open(OPERATOR_ORG, 'subscriber-refusing', 1)).toEqual([alert]);
    expect(await open(PRACTICE, 'subscriber-refusing', 0)).toEqual([]);
    expect((await exchange.json(PRACTICE, `/alerts/${alert!.id}`)).status).toBe(404);
    expect((await exchange.json(HOSPITAL, `/alerts/${alert!.id}`)).status).toBe(200);
    const raised = await toldOf('alert-raised', 'subscriber-refusing', 2);
    expect(raised.map(({ to }) => to).toSorted()).toEqual([HOSPITAL, OPERATOR_ORG]);
    expect(raised[0]!.data).toMatchObject({ id: alert!.id, page: alert!.page, runbook: alert!.runbook, reminder: 0 });
    const metrics = await (await exchange.get('/metrics')).text();
    expect(metrics).toMatch(/signalbox_alerts_open\{alert="subscriber-refusing",severity="warning",[^}]*\} 1/);

    await exchange.step(event, 'handled-outside', { ...delivery, state: 'handled-outside', by: 'X9H2T:system' });
    await open(HOSPITAL, 'subscriber-refusing', 0);
    expect(await toldOf('alert-resolved', 'subscriber-refusing', 2)).toHaveLength(2);
    const { body } = await exchange.json<{ alerts: Shown[] }>(HOSPITAL, '/alerts?state=past&kind=subscriber-refusing');
    expect(body.alerts.map(({ id }) => id)).toEqual([alert!.id]);
  });

  it('is never that what the exchange tells about itself could not be delivered', async () => {
    const [first] = await waitFor('an operations event', async () => {
      const { events } = await exchange.engine.events.read({
        family: 'operations',
        types: [OPERATIONS],
        after: 0,
        limit: 50,
      });
      const own = events.filter(({ event }) => event.attributes['targetorg'] === HOSPITAL);
      return own.length > 0 ? own : undefined;
    });
    const delivery = { org: HOSPITAL, subscription: 'news', channel: 'webhook', attempt: 1 };
    await exchange.step(first!.event, 'parked', { ...delivery, state: 'parked', reason: 'endpoint-refused' });
    const list = '/subscriptions/news/deliveries?state=parked';
    await exchange.until<{ deliveries: unknown[] }>(HOSPITAL, list, ({ deliveries }) => deliveries.length === 1);
    const health = await exchange.engine.kv('HEALTH');
    const unwell = {
      condition: 'unreachable',
      stage: 3,
      sentence: 'The endpoint cannot be reached.',
      advice: 'Check it.',
    };
    const about = { since: new Date().toISOString(), circuit: 'open', limit: 1, waiting: 1, unsettled: 0, updated: '' };
    await health.put('news', JSON.stringify({ ...unwell, ...about }));
    await health.put('hospital', JSON.stringify({ ...unwell, ...about }));
    // The one is noticed, so the other would have been, and what was parked before.
    const [alert] = await open(HOSPITAL, 'subscriber-down', 1);
    expect(alert!.about['subscription']).toBe('hospital');
    expect(await open(HOSPITAL, 'subscriber-refusing', 0)).toEqual([]);
    await health.delete('hospital');
    await open(HOSPITAL, 'subscriber-down', 0);
  });

  it('is a publisher that is silent for longer than it ever is, until its next event or while an outage is declared', async () => {
    // A minute ago: however long they take to get here, they came at this rhythm, and nothing has come since the last.
    const minuteAgo = Date.now() - 60_000;
    const beats = [0, 100, 200, 300, 400].map((ms) => new Date(minuteAgo + ms).toISOString());
    for (const recordedtime of beats) {
      const attributes = { source: `urn:ods:${LABORATORY}:lims`, recordedtime };
      await exchange.accept({ sourceorg: LABORATORY, attributes });
    }
    // It is told from the fourth on, in the words of the last that was read.
    const alert = await waitFor('the silence since the last of them', async () => {
      const [silent] = await open(OPERATOR_ORG, 'publisher-silent', 1);
      return silent?.detail.includes(beats.at(-1)!) && silent;
    });
    expect(alert).toMatchObject({ organisation: LABORATORY, about: { type: REQUESTED } });
    expect(await open(LABORATORY, 'publisher-silent', 1)).toEqual([alert]);
    const outage = {
      id: 'outage-1',
      ods: LABORATORY,
      types: ['org.signalbox.referral.*'],
      reason: 'system-failure',
    } as const;
    await exchange.registry.create('outage', {
      ...outage,
      began: new Date().toISOString(),
      by: `${LABORATORY}:system`,
      told: 0,
    });
    await open(OPERATOR_ORG, 'publisher-silent', 0);
    expect(await open(LABORATORY, 'outage-declared', 1)).toMatchObject([{ organisation: LABORATORY }]);
    expect(await open(PRACTICE, 'outage-declared', 0)).toEqual([]);
    // One that nobody has ended explains nothing any more when it should be over.
    const expecting = (expectedend: string) =>
      exchange.registry.changeOutage(LABORATORY, 'outage-1', (now) => ({ ...now, expectedend }));
    await expecting(new Date().toISOString());
    await open(OPERATOR_ORG, 'publisher-silent', 1);
    await expecting(new Date(Date.now() + 3_600_000).toISOString());
    await open(OPERATOR_ORG, 'publisher-silent', 0);
  });

  it('has what is in flight during an outage listed, to print and as CSV, for both sides and for nobody else', async () => {
    interface Listed {
      readonly inflight: readonly { readonly kind: string; readonly org: string; readonly standing: string }[];
    }
    const path = '/outages/outage-1';
    const { body } = await exchange.json<Listed>(HOSPITAL, path);
    expect(body.inflight.filter(({ kind }) => kind === 'sent')).toHaveLength(5);
    expect(body.inflight[0]).toMatchObject({ kind: 'sent', org: HOSPITAL, standing: 'waiting' });
    expect((await exchange.json<Listed>(LABORATORY, path)).body.inflight).toEqual(body.inflight);
    expect((await exchange.json(PRACTICE, path)).status).toBe(404);
    expect((await exchange.json<{ outages: unknown[] }>(PRACTICE, '/outages')).body.outages).toEqual([]);
    const authorization = `Bearer ${await exchange.token(HOSPITAL)}`;
    const csv = await exchange.get(`${path}?format=csv`, { authorization });
    expect([csv.status, csv.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
    expect((await csv.text()).trim().split('\r\n')).toHaveLength(body.inflight.length + 1);
  });

  it('is a deadline that was missed, and a publisher whose events are refused', async () => {
    const event = await exchange.accept({ attributes: { targetorg: HOSPITAL } });
    const delivery = { org: HOSPITAL, subscription: 'hospital', channel: 'webhook' };
    await exchange.step(event, 'expired', { ...delivery, state: 'expired', reason: 'deadline-missed' });
    const [late] = await open(HOSPITAL, 'deadline-missed', 1);
    expect(late!.about).toEqual({ clock: 'delivery', type: REQUESTED, count: 1 });
    for (const eventid of ['1', '2']) await exchange.refuse({ org: LABORATORY, eventid });
    const [refused] = await open(LABORATORY, 'refusals-rising', 1);
    expect(refused!.about).toEqual({ count: 2 });
    expect(await open(HOSPITAL, 'refusals-rising', 0)).toEqual([]);
  });

  it('is looked for in every way that there is: no look fails', async () => {
    const metrics = await (await exchange.get('/metrics')).text();
    expect(metrics).toContain('signalbox_alert_age_seconds');
    expect(metrics).not.toMatch(/signalbox_alert_looks_failed_total\{/);
  });

  it('is told with its runbook, page for page, and refused to be filtered by what cannot be', async () => {
    const { status, body } = await exchange.json<{ blocks: unknown[] }>(PRACTICE, '/runbooks/subscriber-down');
    expect([status, body.blocks.length > 5]).toEqual([200, true]);
    expect((await exchange.json(PRACTICE, '/runbooks/..%2fREADME')).status).toBe(404);
    const refused = await exchange.json(PRACTICE, '/alerts?kind=nonsense&after=x');
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([400, 'SB-4000']);
  });

  it('is an engine that does not answer: on pages at once, by events when it is back', async () => {
    await exchange.nats.kill();
    await open(OPERATOR_ORG, 'engine-unwell', 1);
    await exchange.nats.restart();
    await open(OPERATOR_ORG, 'engine-unwell', 0);
    for (const type of ['alert-raised', 'alert-resolved'])
      expect(await toldOf(type, 'engine-unwell', 1)).toMatchObject([{ to: OPERATOR_ORG }]);
  });
});
