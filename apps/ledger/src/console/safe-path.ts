import { holdsNhsNumber } from '@signalbox/contracts';

const UUID = '[0-9a-f-]{36}';
const REST = String.raw`(?:/[^/?\\\s]{1,600}){0,3}`;
const PATHS = [
  `(?:journeys(?:/${UUID})?)`,
  String.raw`events/[^/?\\\s]{1,600}`,
  'find|map|engine|refused|disclosures|alerts|intervals',
  `(?:stuck|organisations|catalogue)${REST}`,
];
/** What a list may be filtered by; none of them can hold more than codes, types, states and times. */
const FILTERS =
  'after|source|type|org|state|age|status|stuck|cause|publisher|receiver|subscription|from|to|days|period|by|family|kind|severity';
const PAGE = new RegExp(String.raw`^/(?:${PATHS.join('|')})?(?:\?(?:(?:${FILTERS})=[^&\s\\]{0,600}&?){1,10})?$`, 'i');

/**
 * A page of this console, so that a link to the sign-in cannot lead anybody elsewhere; one whose address holds a
 * patient's number is not repeated.
 */
export function safePath(path: string | null | undefined): string {
  return path != null && PAGE.test(path) && !holdsNhsNumber(decoded(path)) ? path : '/';
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
