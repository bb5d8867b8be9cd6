import { Controller, Get, Req, Res } from '@nestjs/common';
import { type Finding, Refusal } from '@signalbox/contracts';
import { Registry } from '@signalbox/registry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../../console/answers.js';
import type { Viewer } from '../../journeys/sight.js';
import { placeIn, placeText } from '../../store/place.js';
import { Alerts, type AlertsWanted } from './alerts.js';
import type { Alert } from './decision.js';
import { ALERT_KINDS, alertEntry, isAlertKind } from './kinds.js';
import { Runbooks } from './runbooks.js';

/** How many alerts stand on one page. */
export class AlertsPage {
  constructor(readonly size: number) {}
}

const SEVERITIES = ['critical', 'warning', 'information'] as const;
const TONES = { critical: 'red', warning: 'orange', information: 'blue' } as const;

/** What needs somebody now and what did, of the viewer's own side, as a page and as JSON; and the runbooks. */
@Controller()
export class AlertsController {
  constructor(
    private readonly alerts: Alerts,
    private readonly runbooks: Runbooks,
    private readonly page: AlertsPage,
    private readonly registry: Registry,
    private readonly answers: Answers,
  ) {}

  @Get('alerts')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const asked = request.query as Asked;
      return this.#list(viewer, asked, wantedOf(asked, this.page.size));
    });
  }

  @Get('alerts/:id')
  one(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const { id } = request.params as { id: string };
      const alert = await this.alerts.find(viewer, id);
      if (alert === undefined) throw new Refusal('SB-4040');
      const shown = this.#shown(alert);
      return { json: shown, view: 'alert', model: { title: shown.title, at: 'alerts', alert: shown } };
    });
  }

  /** What to do about a kind of alert, for whoever may sign in; and which ones of the viewer's own side are open. */
  @Get('runbooks/:kind')
  runbook(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, ({ viewer }) => {
      const { kind } = request.params as { kind: string };
      const blocks = isAlertKind(kind) ? this.runbooks.of(kind) : undefined;
      if (!isAlertKind(kind) || blocks === undefined) throw new Refusal('SB-4040');
      const { title } = alertEntry(kind);
      const json = { alert: kind, title, blocks };
      return this.alerts.list(viewer, { state: 'open', kind, limit: this.page.size }).then((open): Answer => ({
        json,
        view: 'runbook',
        model: {
          title: `Runbook: ${title}`,
          at: 'alerts',
          kind,
          blocks,
          open: open.map((alert) => this.#shown(alert)),
        },
      }));
    });
  }

  async #list(viewer: Viewer, asked: Asked, wanted: AlertsWanted): Promise<Answer> {
    const found = await this.alerts.list(viewer, { ...wanted, limit: wanted.limit + 1 });
    const shown = found.slice(0, wanted.limit).map((alert) => this.#shown(alert));
    const last = found.length > wanted.limit ? shown.at(-1) : undefined;
    const next = last && placeText([last.raised, last.id]);
    const { after: _after, ...filters } = asked;
    const model = {
      title: 'Alerts',
      at: 'alerts',
      alerts: shown,
      filters: { state: wanted.state, ...filters },
      kinds: ALERT_KINDS.map((kind) => ({ kind, title: alertEntry(kind).title })),
      severities: SEVERITIES,
      all: viewer.all,
      later: asked.after !== undefined,
      ...(next !== undefined && { next: pathOf({ ...filters, after: next }) }),
      first: pathOf(filters),
    };
    return { json: { alerts: shown, ...(next !== undefined && { next }) }, view: 'alerts', model };
  }

  #shown(alert: Alert) {
    const { id, kind, org, about, detail, raised, resolved, reminders } = alert;
    const { title, severity, owner, raises, resolves } = alertEntry(kind);
    const { page, runbook } = this.alerts.links(alert);
    const name = this.registry.organisation(org)?.name;
    return {
      ...{ id, alert: kind, title, severity, tone: TONES[severity], owner, raises, resolves },
      ...{ organisation: org, ...(name !== undefined && { name }), about, detail, raised },
      ...(resolved !== undefined && { resolved }),
      ...{ reminders, page, runbook, leads: alertEntry(kind).leads(org, about) },
    };
  }
}

interface Asked {
  readonly state?: string;
  readonly kind?: string;
  readonly severity?: string;
  readonly org?: string;
  readonly after?: string;
}

/** @throws Refusal SB-4000 with a finding for each filter that cannot be */
function wantedOf(asked: Asked, limit: number): AlertsWanted {
  const { state = 'open', kind, severity, org, after } = asked;
  const [raised, id] = placeIn(after, ['instant', 'text']) ?? [];
  const findings = [
    ...(state === 'open' || state === 'past' ? [] : [wrong('/state', 'open or past')]),
    ...(given(kind) && !isAlertKind(kind) ? [wrong('/kind', `one of ${ALERT_KINDS.join(', ')}`)] : []),
    ...(given(severity) && !SEVERITIES.some((one) => one === severity)
      ? [wrong('/severity', `one of ${SEVERITIES.join(', ')}`)]
      : []),
    ...(given(org) && !/^[A-Z0-9]{1,12}$/.test(org) ? [wrong('/org', 'an ODS code')] : []),
  ];
  if (findings.length > 0) throw new Refusal('SB-4000', 'A filter cannot be', { findings });
  return {
    state: state === 'past' ? 'past' : 'open',
    ...(given(kind) && isAlertKind(kind) && { kind }),
    ...(given(severity) && { severity }),
    ...(given(org) && { org }),
    ...(raised !== undefined && id !== undefined && { after: { raised, id } }),
    limit,
  };
}

/** A form sends what was left empty. */
const given = (text: string | undefined): text is string => text !== undefined && text !== '';

const wrong = (path: string, expected: string): Finding => ({
  path,
  rule: 'filter',
  expected,
  fix: 'Correct this filter, or leave it out.',
  doc: '/openapi.json',
});

function pathOf(filters: Asked): string {
  const asked = Object.entries(filters).flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [`${name}=${encodeURIComponent(value)}`] : [],
  );
  return asked.length === 0 ? '/alerts' : `/alerts?${asked.join('&')}`;
}
