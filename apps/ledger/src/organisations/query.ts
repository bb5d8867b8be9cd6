import { Refusal } from '@signalbox/contracts';
import type { FastifyRequest } from 'fastify';

/** What stands in the query of a request: each name once. @throws Refusal SB-4000 for a name that stands there twice */
export function queryOf(request: Pick<FastifyRequest, 'query'>): (name: string) => string | undefined {
  const query = request.query as Readonly<Record<string, string | string[] | undefined>>;
  return (name) => {
    const value = query[name];
    if (Array.isArray(value)) throw new Refusal('SB-4000', `Name one ${name} and no more`);
    return value === '' ? undefined : value;
  };
}

/** One of a list of words. @throws Refusal SB-4000 for any other */
export function oneOf<T extends string>(name: string, value: string | undefined, words: readonly T[]): T | undefined {
  if (value === undefined || (words as readonly string[]).includes(value)) return value as T | undefined;
  throw new Refusal('SB-4000', `The ${name} in the query must be one of ${words.join(', ')}`);
}

/** The query of an address with some names changed or taken out: for links that keep what else is chosen. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}
