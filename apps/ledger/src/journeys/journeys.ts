import { type Catalogue, type Heading, identityOf, Refusal } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import type { Database } from '../store/database.js';
import { underSubscription } from './delivery.js';
import type { RefusalFact } from './facts.js';
import { expecting } from './heading.js';
import { type EventView, type JourneyFacts, type JourneyView, journeyView } from './journey-view.js';
import type { Pseudonyms } from './pseudonyms.js';
import { type AnswerLimits, eventsById, eventsByPseudonym, journeyFacts, refusalsById } from './queries.js';
import { seesEvent, type Viewer } from './sight.js';
import { Clock } from './words.js';

/** A line of the list of journeys. */
export interface JourneyLine {
  readonly journey: string;
  readonly heading: Heading;
  readonly started: string;
  readonly updated: string;
  readonly organisations: readonly string[];
  readonly events: number;
  /** Title of the last event. */
  readonly last: string;
}

/** An event that was never accepted, as its publisher may see it. */
export interface RefusedEventView {
  readonly id: string;
  readonly source?: string;
  readonly type?: string;
  readonly state: 'refused';
  readonly refusals: readonly Pick<RefusalFact, 'time' | 'code' | 'findings'>[];
}

/** An accepted event, with the refusals that went before it. */
export type AcceptedEventView = EventView & { readonly refusals: RefusedEventView['refusals'] };

/** An event with what lies around it. */
export interface EventInJourney {
  readonly event: AcceptedEventView | RefusedEventView;
  readonly journey?: JourneyView;
}

/** What somebody looks for: a journey or event id or a business identifier; with a name, an identifier exactly. */
export interface Question {
  readonly value: string;
  readonly name?: string | undefined;
  readonly system?: string | undefined;
}

/** What {@link Journeys} is made of. */
export interface JourneysParts {
  readonly database: Database;
  readonly registry: Pick<Registry, 'subscription' | 'organisation'>;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly pseudonyms: Pseudonyms;
  readonly limits: AnswerLimits;
  /** IANA name of the zone whose days are told. */
  readonly zone: string;
  /** By when something should follow from events, by their identities, as far as clocks run that the viewer may know of. */
  readonly expectedBy?: (viewer: Viewer, identities: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly now?: () => Date;
}

/** Most journeys that a search answers with. */
const MOST_FOUND = 50;

/** Answers where a journey or event is, to whoever may know. What is not the viewer's is answered as if it did not exist. */
export class Journeys {
  readonly #clock: Clock;

  constructor(private readonly parts: JourneysParts) {
    this.#clock = new Clock(parts.zone);
  }

  /** @throws Refusal SB-4040 when there is no such journey, or none of its events is the viewer's */
  async journey(viewer: Viewer, journey: string): Promise<JourneyView> {
    const [view] = await this.#views(viewer, [journey]);
    if (view === undefined) throw new Refusal('SB-4040');
    return view;
  }

  /** @throws Refusal SB-4040; SB-4220 when several sources use the id and none was named */
  async event(viewer: Viewer, id: string, source?: string): Promise<AcceptedEventView | RefusedEventView> {
    return (await this.eventInJourney(viewer, id, source)).event;
  }

  /** The event, and the journey that it belongs to when it was accepted. @throws as {@link event} */
  async eventInJourney(viewer: Viewer, id: string, source?: string): Promise<EventInJourney> {
    const [events, refused] = await Promise.all([
      eventsById(this.parts.database, id, source),
      refusalsById(this.parts.database, id, source, viewer),
    ]);
    const views = await this.#views(
      viewer,
      events.map((event) => event.journey),
    );
    const mine = views
      .flatMap((view) => view.events)
      .filter(
        (event) =>
          event.duplicateof === undefined && events.some((one) => one.id === event.id && one.source === event.source),
      );
    if (mine.length > 1) {
      throw new Refusal('SB-4220', `${String(mine.length)} sources have an event with this id: name one with ?source=`);
    }
    const refusals = refused.map(({ time, code, findings }) => ({ time, code, findings }));
    const [event] = mine;
    if (event !== undefined) {
      const journey = views.find(({ events: all }) => all.includes(event));
      return { event: { ...event, refusals }, ...(journey !== undefined && { journey }) };
    }
    if (refused[0] === undefined) throw new Refusal('SB-4040');
    const { source: by, type } = refused[0];
    const refusedEvent = { id, state: 'refused' as const, refusals };
    return { event: { ...refusedEvent, ...(by !== undefined && { source: by }), ...(type !== undefined && { type }) } };
  }

  /** The viewer's side of some journeys, in their order; one of which nothing is the viewer's is not among them. */
  views(viewer: Viewer, journeys: readonly string[]): Promise<JourneyView[]> {
    return this.#views(viewer, journeys);
  }

  /** The journeys that a journey id, an event id or a business identifier leads to. Identifiers are hashed before anything is asked. */
  async find(viewer: Viewer, question: Question): Promise<JourneyLine[]> {
    const { database } = this.parts;
    const byIdentifier = await this.#byIdentifier(viewer, question);
    if (question.name !== undefined) return byIdentifier.map(lineOf);
    const value = idOf(question.value);
    const events = await eventsById(database, value, undefined);
    const byId = await this.#views(viewer, [value, ...events.map((event) => event.journey)]);
    // An event id leads to a journey only for those who can see that very event.
    const visible = byId.filter((view) => view.journey === value || view.events.some((event) => event.id === value));
    const views = new Map([...visible, ...byIdentifier].map((view) => [view.journey, view]));
    return [...views.values()].map(lineOf);
  }

  async #byIdentifier(viewer: Viewer, question: Question): Promise<JourneyView[]> {
    const { database, pseudonyms } = this.parts;
    const { value, name, system } = question;
    const matches =
      name === undefined
        ? await eventsByPseudonym(database, viewer, 'valuepseudonym', pseudonyms.ofWritten(value), MOST_FOUND)
        : await eventsByPseudonym(
            database,
            viewer,
            'pseudonym',
            pseudonyms.ofNamed({ name, system, value }),
            MOST_FOUND,
          );
    const identities = new Set(matches.map((match) => match.identity));
    const facts = await this.#facts(matches.map((match) => match.journey));
    return this.#viewsOf(
      viewer,
      facts.filter((journey) => this.#seesOneOf(viewer, journey, identities)),
    );
  }

  #seesOneOf(viewer: Viewer, facts: JourneyFacts, identities: ReadonlySet<string>): boolean {
    return facts.events.some(
      (event) =>
        identities.has(event.identity) &&
        seesEvent(
          viewer,
          event,
          facts.deliveries.filter((delivery) => delivery.identity === event.identity),
        ),
    );
  }

  async #views(viewer: Viewer, journeys: readonly string[]): Promise<JourneyView[]> {
    return this.#viewsOf(viewer, await this.#facts(journeys));
  }

  /** With the days by which things should happen: one question for all of them. */
  async #viewsOf(viewer: Viewer, facts: readonly JourneyFacts[]): Promise<JourneyView[]> {
    const { expectedBy, now = () => new Date() } = this.parts;
    const views = facts.flatMap((one) => this.#view(viewer, one));
    const identities = views.flatMap(({ heading }) => awaitedIdentity(heading) ?? []);
    const due = identities.length === 0 ? undefined : await expectedBy?.(viewer, identities);
    return views.map((view) => {
      const identity = awaitedIdentity(view.heading);
      const by = identity === undefined ? undefined : due?.get(identity);
      return { ...view, heading: expecting(view.heading, by, now(), this.#clock) };
    });
  }

  async #facts(journeys: readonly string[]): Promise<JourneyFacts[]> {
    const facts = await journeyFacts(this.parts.database, journeys, this.parts.limits);
    return [...new Set(journeys)].flatMap((journey) => facts.get(journey) ?? []);
  }

  #view(viewer: Viewer, facts: JourneyFacts): JourneyView[] {
    const { registry, catalogue, now = () => new Date() } = this.parts;
    const deliveries = facts.deliveries.map((delivery) =>
      underSubscription(delivery, registry.subscription(delivery.subscription)?.status),
    );
    const typeOf = (type: string) => catalogue.find(type);
    const nameOf = (ods: string) => registry.organisation(ods)?.name;
    const view = journeyView(viewer, { ...facts, deliveries }, typeOf, now(), nameOf);
    return view === undefined ? [] : [view];
  }
}

/** Identity of the event that a journey waits for. */
function awaitedIdentity({ event }: Heading): string | undefined {
  if (event?.source === undefined) return undefined;
  return identityOf({ source: event.source, id: event.id });
}

/** An id as it may have been typed: journeys have UUIDs, which people write in either case. */
function idOf(typed: string): string {
  const value = typed.trim();
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value.toLowerCase() : value;
}

/** A journey as lists show it. */
export function lineOf({ journey, heading, started, updated, organisations, events }: JourneyView): JourneyLine {
  return { journey, heading, started, updated, organisations, events: events.length, last: events.at(-1)!.title };
}
