import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { Clock, duration, latency } from '../journeys/words.js';
import { DESIGN_SYSTEM } from './assets.js';

const VIEWS = join(import.meta.dirname, '..', '..', 'views');

/** A time in a sentence, as records hold it. */
const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** The screens that every page leads to; a page says by `at` in its model which one it belongs to. */
export const SCREENS: readonly { readonly id: string; readonly path: string; readonly title: string }[] = [
  { id: 'board', path: '/', title: 'Board' },
  { id: 'find', path: '/find', title: 'Find' },
  { id: 'stuck', path: '/stuck', title: 'Stuck work' },
  { id: 'organisations', path: '/organisations', title: 'Organisations' },
  { id: 'intervals', path: '/intervals', title: 'Intervals' },
  { id: 'alerts', path: '/alerts', title: 'Alerts' },
  { id: 'catalogue', path: '/catalogue', title: 'Catalogue' },
];

/** A date that has no time, such as that of a version: it is the same in every zone. */
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

/** Renders pages. Everything in a model is escaped; nothing in a model is the content of an event. */
export class Pages {
  readonly #templates: nunjucks.Environment;

  /**
   * @param zone IANA name of the zone in which times are written
   * @param version of the files that pages load
   */
  constructor(
    private readonly zone: string,
    private readonly version: string,
  ) {
    const clock = new Clock(zone);
    this.#templates = new nunjucks.Environment(new nunjucks.FileSystemLoader([VIEWS, DESIGN_SYSTEM]), {
      autoescape: true,
      trimBlocks: true,
      lstripBlocks: true,
    });
    this.#templates.addFilter('at', (instant: string) => clock.at(instant));
    this.#templates.addFilter('told', (text: string) => text.replace(INSTANT, (instant) => clock.at(instant)));
    this.#templates.addFilter('day', (date: string) => DAY.format(new Date(date)));
    this.#templates.addFilter('latency', (ms: number) => latency(ms));
    this.#templates.addFilter('eventpath', eventPath);
    this.#templates.addFilter('age', (instant: string) => duration(Date.now() - Date.parse(instant)));
    this.#templates.addFilter('left', (instant: string) => duration(Date.parse(instant) - Date.now()));
    this.#templates.addFilter('past', (instant: string) => Date.parse(instant) < Date.now());
    this.#templates.addFilter('breakable', breakable);
    this.#templates.addFilter('figure', (count: number) => count.toLocaleString('en-GB'));
  }

  render(view: string, model: object): string {
    return this.#templates.render(`${view}.njk`, {
      ...model,
      screens: SCREENS,
      zone: this.zone,
      version: this.version,
    });
  }
}

/**
 * A name in parts, such as a type, a path or an address, that breaks behind its dots, slashes and colons where a line is too
 * short for it, and not within a word, nor before its version.
 */
export function breakable(name: string | undefined): nunjucks.runtime.SafeString {
  const parts = (name ?? '').split(/(?<=[^./:@][./:@])(?!v\d+$)/);
  return new nunjucks.runtime.SafeString(parts.map(escaped).join('<wbr>'));
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Path of an event's page; its source stands in it because ids are unique within a source only. */
export function eventPath(event: {
  readonly id?: string;
  readonly eventid?: string;
  readonly source?: string;
}): string {
  const source = event.source === undefined ? '' : `?source=${encodeURIComponent(event.source)}`;
  return `/events/${encodeURIComponent(event.eventid ?? event.id ?? '')}${source}`;
}
