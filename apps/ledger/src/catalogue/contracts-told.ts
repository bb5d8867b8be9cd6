import {
  type Catalogue,
  CLOCKS,
  type Comparison,
  compareTypes,
  COMPARISON_LIMITS,
  type EventType,
  RULES,
  type RuleName,
} from '@signalbox/contracts';
import { type Section, sectionsOf, type SharedSchema } from './fields.js';

/** A rule in words. */
export interface RuleTold {
  readonly name: string;
  readonly explanation: string;
  readonly fix: string;
}

/** A clock that a type starts, and its times by urgency as ISO 8601 durations. */
export interface ClockTold {
  readonly clock: string;
  readonly title: string;
  readonly from: string;
  readonly until: string;
  readonly by?: string;
  readonly times: Readonly<Record<string, string>>;
}

/** What a list of types says of each. */
export interface TypeLine {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly family: string;
  readonly event: string;
  readonly version: number;
  readonly status: EventType['status'];
  readonly dates: EventType['dates'];
  readonly replacedby?: string;
}

/** What is said of one type. */
export interface TypeTold extends TypeLine {
  readonly owner: string;
  readonly classification: string;
  readonly datacontenttype: string;
  readonly requires: readonly string[];
  readonly rules: readonly RuleTold[];
  readonly states: readonly { readonly name: string; readonly status: EventType['dates'] | object }[];
  readonly counts: Readonly<Record<string, string>>;
  readonly identifiers: readonly { readonly name: string; readonly resource: string; readonly pointer: string }[];
  readonly awaits?: { readonly text: string; readonly next: readonly string[]; readonly by: string };
  readonly clocks: readonly ClockTold[];
  readonly sections: readonly Section[];
  readonly examples: {
    readonly accepts: readonly ExampleTold[];
    readonly rejects: readonly (ExampleTold & { readonly trips: string; readonly at: string; readonly fix: string })[];
  };
  readonly schema: string;
  readonly digest: string;
}

/** An example of ours: synthetic, and safe to copy. */
export interface ExampleTold {
  readonly name: string;
  readonly event: object;
}

/** A step from one version to the next. */
export interface VersionStep extends Comparison {
  /** Whether both directions hold. */
  readonly compatible: boolean;
}

/** The catalogue as people and programs are told of it. Types do not change while the process lives, so all is made once. */
export class ContractsTold {
  readonly #told = new Map<string, TypeTold>();
  readonly #steps = new Map<string, readonly VersionStep[]>();
  readonly #words: ReadonlyMap<string, string>;
  readonly #fields = new Map<string, string>();

  constructor(
    private readonly catalogue: Catalogue,
    private readonly shared: SharedSchema,
    /** What a comparison may cost while a page waits for it. */
    private readonly limits = { ...COMPARISON_LIMITS, tries: 200, searchMs: 300 },
  ) {
    this.#words = new Map(catalogue.types().map((type) => [type.type, wordsOf(type)]));
  }

  /** Types that hold every word, in the order of their names; without words all of them. */
  lines(words: readonly string[]): TypeLine[] {
    const found = this.catalogue.types().filter(({ type }) => {
      const text = `${this.#words.get(type) ?? ''} ${this.#fieldWords(type)}`;
      return words.every((word) => text.includes(word));
    });
    return found.map(lineOf);
  }

  /** Fields of a type whose path or meaning holds every word. */
  fieldsLike(type: string, words: readonly string[]): string[] {
    const sections = this.of(type)?.sections ?? [];
    return sections.flatMap(({ name, fields, further }) =>
      [...fields, ...further]
        .filter(({ path, meaning }) =>
          words.every((word) => `${name}.${path} ${meaning ?? ''}`.toLowerCase().includes(word)),
        )
        .map(({ path }) => `${name}.${path}`),
    );
  }

  of(name: string): TypeTold | undefined {
    const known = this.#told.get(name);
    const type = this.catalogue.find(name);
    if (known !== undefined || type === undefined) return known;
    const made = toldOf(type, this.shared);
    this.#told.set(name, made);
    return made;
  }

  /** All versions of the same type, oldest first. */
  versions({ family, event }: Pick<TypeLine, 'family' | 'event'>): TypeLine[] {
    const same = this.catalogue.types().filter((type) => type.family === family && type.event === event);
    return same.toSorted((a, b) => a.version - b.version).map(lineOf);
  }

  /** What changed from each version to the next, newest first. */
  steps(of: Pick<TypeLine, 'family' | 'event'>): readonly VersionStep[] {
    const key = `${of.family}.${of.event}`;
    const known = this.#steps.get(key);
    if (known) return known;
    const types = this.versions(of).map(({ type }) => this.catalogue.find(type)!);
    const made = types.slice(1).map((newer, index) => this.#step(types[index]!, newer));
    this.#steps.set(key, made.toReversed());
    return made.toReversed();
  }

  #step(older: EventType, newer: EventType): VersionStep {
    const { catalogue } = this;
    const compared = compareTypes({ type: older, catalogue }, { type: newer, catalogue }, this.limits);
    return { ...compared, compatible: compared.verdict.forward && compared.verdict.backward };
  }

  #fieldWords(type: string): string {
    const known = this.#fields.get(type);
    if (known !== undefined) return known;
    const sections = this.of(type)?.sections ?? [];
    const words = sections
      .flatMap(({ name, fields, further }) =>
        [...fields, ...further].map(({ path, meaning }) => `${name}.${path} ${meaning ?? ''}`),
      )
      .join(' ')
      .toLowerCase();
    this.#fields.set(type, words);
    return words;
  }
}

function lineOf(type: EventType): TypeLine {
  const { title, description, family, event, version, status, dates, replacedBy } = type;
  return {
    type: type.type,
    title,
    description,
    family,
    event,
    version,
    status,
    dates,
    ...(replacedBy !== undefined && { replacedby: replacedBy }),
  };
}

function wordsOf({ type, title, description, owner, rules, states, identifiers, requires }: EventType): string {
  const names = [
    ...rules,
    ...(states ?? []).map(({ name }) => name),
    ...identifiers.map(({ name }) => name),
    ...requires,
  ];
  return [type, title, description, owner, ...names].join(' ').toLowerCase();
}

function toldOf(type: EventType, shared: SharedSchema): TypeTold {
  const { owner, classification, dataContentType, requires, rules, states, identifiers, awaits, message, examples } =
    type;
  const folder = `/schemas/${type.family}/${type.event}/v${String(type.version)}`;
  return {
    ...lineOf(type),
    owner,
    classification,
    datacontenttype: dataContentType,
    requires,
    rules: rules.map(ruleTold),
    states: (states ?? []).map(({ name, status }) => ({ name, status })),
    counts: Object.fromEntries(
      Object.entries(message?.counts ?? {}).map(([name, { min, max }]) => [
        name,
        min === max ? String(min) : `${String(min)}..${String(max ?? '*')}`,
      ]),
    ),
    identifiers: identifiers.map(({ name, resource, pointer }) => ({ name, resource, pointer })),
    ...(awaits && { awaits: { text: awaits.text, next: awaits.next, by: awaits.by } }),
    clocks: clocksOf(type),
    sections: sectionsOf(type, shared),
    examples: {
      accepts: examples.accepts.map(({ name, event }) => ({ name, event })),
      rejects: examples.rejects.map(({ name, event, trips, at }) => ({
        name,
        trips,
        at,
        fix: ruleTold(trips).fix,
        event,
      })),
    },
    schema: `${folder}/data.schema.json`,
    digest: type.digest,
  };
}

function ruleTold(name: string): RuleTold {
  const known = name in RULES ? RULES[name as RuleName] : undefined;
  return { name, explanation: known?.explanation ?? '', fix: known?.fix ?? '' };
}

function clocksOf({ deadlines, awaits }: EventType): ClockTold[] {
  const told = (clock: keyof typeof CLOCKS, times: object, by?: string): ClockTold => {
    const { title, from, until } = CLOCKS[clock];
    return { clock, title, from, until, ...(by !== undefined && { by }), times: { ...times } };
  };
  return [
    ...(deadlines ? [told('delivery', deadlines.delivery)] : []),
    ...(deadlines?.acknowledgement ? [told('acknowledgement', deadlines.acknowledgement, 'receiver')] : []),
    ...(awaits?.within ?? []).map(({ clock, times, by }) => told(clock, times, by ?? awaits?.by)),
  ];
}
