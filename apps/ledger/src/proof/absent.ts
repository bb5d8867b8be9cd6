import { decodeStored, type Engine, type JournalItem, type Rejection, type Step } from '@signalbox/messaging';
import { textAttribute } from '../journeys/facts.js';
import type { Queries } from '../store/database.js';
import type { GapFound } from './gaps.js';

/** What lies in a stream at a sequence that the ledger has nothing at. */
export type Absence =
  /** Nothing: a batch that a crash cut off leaves holes. */
  | { readonly kind: 'hole' }
  /** The same record once more. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'unread'; readonly gap: GapFound };

/** Looks at the engine's own copy of what the ledger has not recorded. */
export async function absenceAt(
  engine: Pick<Engine, 'message'>,
  queries: Queries,
  stream: string,
  sequence: number,
): Promise<Absence> {
  const item = await engine.message(stream, sequence);
  if (item === undefined) return { kind: 'hole' };
  if (stream === 'STEPS') return ofStep(queries, item);
  return { kind: 'unread', gap: stream === 'REJECTED' ? ofRefusal(item) : ofEvent(item) };
}

async function ofStep(queries: Queries, { stream, sequence, body }: JournalItem): Promise<Absence> {
  const step = parsed<Step>(body);
  if (step?.id !== undefined) {
    const known = await queries.query('select 1 from steps where id = $1', [step.id]);
    if (known.length > 0) return { kind: 'repeated' };
  }
  const { source, eventid, type, subscription } = step ?? {};
  const org = step?.org ?? step?.sourceorg;
  return {
    kind: 'unread',
    gap: { kind: 'step-unread', stream, sequence, ...told({ source, eventid, type, subscription, org }) },
  };
}

function ofRefusal({ stream, sequence, body }: JournalItem): GapFound {
  const { source, eventid, type, org } = parsed<Rejection>(body) ?? {};
  return { kind: 'refusal-unread', stream, sequence, ...told({ source, eventid, type, org }) };
}

function ofEvent(item: JournalItem): GapFound {
  const { stream, sequence, subject } = item;
  const named = { kind: 'event-unread', stream, sequence, org: subject.slice(subject.lastIndexOf('.') + 1) } as const;
  try {
    const { event } = decodeStored(item);
    const [source, eventid, type] = ['source', 'id', 'type'].map((name) => textAttribute(event, name));
    return { ...named, ...told({ source, eventid, type }) };
  } catch {
    // What cannot be read is named by its place.
    return named;
  }
}

function parsed<T>(body: Uint8Array): Partial<T> | undefined {
  try {
    const value = JSON.parse(Buffer.from(body).toString()) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function told<T extends Record<string, string | undefined>>(facts: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => typeof value === 'string')) as never;
}
