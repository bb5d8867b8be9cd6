import { holdsNhsNumber } from '@signalbox/contracts';

const UUID = '[0-9a-f-]{36}';
const ODS = '[A-Z0-9]{1,12}';
const TYPE = String.raw`(?:\*|(?:org\.signalbox\.)?[a-z-]+(?:\.[a-z0-9-]+){0,3}(?:\.\*)?)`;
const PATHS = [
  `(?:journeys|events|alerts|outages)/${UUID}`,
  'journeys|find|map|engine|refused|disclosures|alerts|outages|intervals|where-data-goes|stuck(?:/group)?',
  `pairs/${ODS}/${ODS}`,
  `organisations(?:/${ODS}(?:/stages/${TYPE}(?:/impact)?)?)?`,
  `catalogue(?:/${TYPE}(?:/use)?)?`,
  'runbooks/[a-z-]{1,40}',
];
/** What a list may be filtered by; none of them can hold more than codes, types, states and times. */
const FILTERS = [
  `(?:org|from|to|publisher|receiver)=(?:${ODS})?`,
  `type=(?:${TYPE})?`,
  String.raw`(?:after|source|state|age|status|stuck|cause|subscription|days|period|part|by|family|kind|severity)=[^&\s\\]{0,600}`,
];
const PAGE = new RegExp(`^/(?:${PATHS.join('|')})?(?:\\?(?:(?:${FILTERS.join('|')})(?:&|$)){1,10})?$`);
/** Ten digits in a row that are no part of a UUID or a cursor: an NHS number has ten, a UBRN twelve. */
const DIGIT_RUN = /(?<![\w-])\d{10}/;

/**
 * A page of this console, so that a link to the sign-in cannot lead anybody elsewhere; one whose address holds a
 * patient's number is not repeated, nor is the id of an event that is no UUID, which may be a reference of a patient.
 */
export function safePath(path: string | null | undefined): string {
  if (path == null || !PAGE.test(path)) return '/';
  const plain = decoded(path);
  return holdsNhsNumber(plain) || DIGIT_RUN.test(plain) ? '/' : path;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
