import type { Outcome } from '../channels/channel.js';
import type { ReasonCode } from '../deliveries/reasons.js';

interface ConditionRow {
  /** What is so, in one sentence for the people of the receiver. */
  readonly sentence: string;
  /** What they should do. */
  readonly advice: string;
}

const row = (sentence: string, advice: string): ConditionRow => ({ sentence, advice });

/**
 * How a subscription's endpoint can fare. A word, once published, keeps its meaning. The README holds the same table; a
 * test keeps the two equal.
 */
export const CONDITIONS = {
  healthy: row('Events are delivered as they come.', 'Nothing is to be done.'),
  lagging: row(
    'Events come faster than the endpoint takes them, and wait longer than they should.',
    'Answer sooner and work afterwards, take several events in one request, or raise how many are sent at once.',
  ),
  unreachable: row(
    'The endpoint cannot be reached.',
    'Check that it runs, that its name resolves, and that a firewall lets this exchange in.',
  ),
  insecure: row(
    'No secure connection can be made to the endpoint.',
    'Renew or correct its certificate; name and chain must verify.',
  ),
  'timing-out': row('The endpoint does not answer in time.', 'Answer first and work afterwards.'),
  failing: row(
    'The endpoint answers with errors of its own, or breaks off.',
    'Look into its log at the times of the attempts; each attempt shows status and answer.',
  ),
  redirecting: row(
    'The endpoint answers with redirects, which are never followed.',
    'Set the sink of the subscription to the final address.',
  ),
  overloaded: row(
    'The endpoint asks for less or for later.',
    'It is sent fewer events at once and not before the time that it asks for; give it more room if events wait too long.',
  ),
  refusing: row(
    'The endpoint refuses one event after the other; each one is parked.',
    'Check its path and its access rules, then retry what is parked.',
  ),
  'receiving-malformed': row(
    'The endpoint says of one event after the other that it is malformed; each one is parked.',
    'Compare what it expects with the schema of the type, mend it, then retry what is parked.',
  ),
  'shut-out': row(
    'The sink is at a place that this exchange does not send to.',
    'Use a public https address, or ask the operator to list the host for your organisation.',
  ),
} as const satisfies Record<string, ConditionRow>;

/** A word of {@link CONDITIONS}. */
export type ConditionName = keyof typeof CONDITIONS;

/** What is wrong, as one outcome shows it; not `lagging`, which only a backlog shows. */
export type Trouble = Exclude<ConditionName, 'healthy' | 'lagging'>;

/** 0 nothing to warn of · 1 it has begun · 2 it goes on · 3 it needs a person. */
export type Stage = 0 | 1 | 2 | 3;

/** How an endpoint fares, in words. */
export interface Condition {
  readonly condition: ConditionName;
  readonly stage: Stage;
  /** Milliseconds since the epoch: since when it has been so. */
  readonly since: number;
  readonly sentence: string;
  readonly advice: string;
}

const TROUBLES: Readonly<Partial<Record<ReasonCode, Trouble>>> = {
  'endpoint-timeout': 'timing-out',
  'endpoint-unreachable': 'unreachable',
  'endpoint-insecure': 'insecure',
  'endpoint-redirected': 'redirecting',
  'endpoint-overloaded': 'overloaded',
  'egress-refused': 'shut-out',
};

/** Client errors by which a receiver says that it cannot read what it was sent. */
const MALFORMED = new Set([400, 415, 422]);

/** What an outcome shows to be wrong; `undefined` when it was delivered. */
export function troubleOf(outcome: Outcome): Trouble | undefined {
  if (outcome.kind === 'delivered') return undefined;
  if (outcome.kind === 'retry') return TROUBLES[outcome.reason] ?? 'failing';
  const known = TROUBLES[outcome.code];
  if (known !== undefined) return known;
  return MALFORMED.has(outcome.status ?? 0) ? 'receiving-malformed' : 'refusing';
}

/**
 * Puts a condition into words: the longer it lasts, the plainer.
 * @param stagesMs - milliseconds after which it is at stage 2, and at stage 3
 */
export function staged(
  condition: ConditionName,
  since: number,
  now: number,
  [second, third]: readonly [number, number],
): Condition {
  const { sentence, advice } = CONDITIONS[condition];
  const lasted = now - since;
  if (condition === 'healthy') return { condition, stage: 0, since, sentence, advice };
  if (lasted < second) return { condition, stage: 1, since, sentence, advice };
  if (lasted < third)
    return {
      condition,
      stage: 2,
      since,
      sentence: `${sentence} It has been so for more than ${inWords(second)}.`,
      advice,
    };
  return {
    condition,
    stage: 3,
    since,
    sentence: `${sentence} It has been so for more than ${inWords(third)}: a person should look at it now.`,
    advice,
  };
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
];

/** The largest unit that fits whole; a threshold is a round number. */
function inWords(ms: number): string {
  const [unit, name] = UNITS.find(([size]) => ms >= size) ?? [1_000, 'second'];
  const count = Math.max(1, Math.floor(ms / unit));
  return `${String(count)} ${name}${count === 1 ? '' : 's'}`;
}
