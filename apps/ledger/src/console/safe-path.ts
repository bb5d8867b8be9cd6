import { holdsNhsNumber } from '@signalbox/contracts';

const PAGE = /^\/(?:journeys(?:\/[0-9a-f-]{36})?|events\/[^/?\\\s]{1,600}|find)(?:\?(?:after|source)=[^&\s]{1,600})?$/i;

/**
 * A page of this console, so that a link to the sign-in cannot lead anybody elsewhere; one whose address holds a
 * patient's number is not repeated.
 */
export function safePath(path: string | null | undefined): string {
  return path != null && PAGE.test(path) && !holdsNhsNumber(decoded(path)) ? path : '/journeys';
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
