/** A marked patient: nothing else in the house has this number or this name. All of it is synthetic. */
export interface Canary {
  /** The path on which it was sent, told when it is found somewhere. */
  readonly path: string;
  /** Begins with 999, as test numbers do, and passes Modulus 11. */
  readonly number: string;
  readonly name: string;
  /** Twelve digits, as a UBRN of the national referral service has them. */
  readonly ubrn: string;
  /** As laboratories and imaging departments write theirs. */
  readonly accession: string;
}

/** Something that is searched: a log, a table, an answer. */
export interface Place {
  readonly name: string;
  readonly content: string | Uint8Array;
}

const SURNAME = 'Zyxqvarn';
const FIRST = 730_000;
/** Begins every UBRN. */
const UBRN = '8473';
const SEPARATORS = [' ', '-', '.', '_', '+', '%20'];

/** The number of a serial of six digits; undefined where the check digit would be 10, which does not exist. */
function numberOf(serial: number): string | undefined {
  const nine = `999${String(serial).padStart(6, '0')}`;
  const sum = Array.from(nine).reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? undefined : `${nine}${String(check)}`;
}

/** Makes marked patients, each different, and remembers them. */
export function newCanaries(): { all: readonly Canary[]; on: (path: string) => Canary } {
  const all: Canary[] = [];
  let serial = FIRST;
  return {
    all,
    on: (path) => {
      let number = numberOf((serial += 1));
      while (number === undefined) number = numberOf((serial += 1));
      const letters = String(all.length).replace(/\d/g, (digit) => 'bcdfghjklm'[Number(digit)]!);
      const name = `${SURNAME}${letters}x`;
      const ubrn = `${UBRN}${String(serial)}${number.slice(-2)}`;
      const canary = { path, number, name, ubrn, accession: `ACC-${name.toUpperCase()}` };
      all.push(canary);
      return canary;
    },
  };
}

/** What is left of a text in base64 wherever it begins, without the characters that its neighbours decide. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from('\0'.repeat(before) + text).toString('base64');
    const spoiled = Math.ceil((before * 8) / 6);
    return encoded.replace(/=+$/, '').slice(spoiled, -1);
  });
}

/** Every way in which an identifier is looked for; those of names in lower case. */
function formsOf({ number, name, ubrn }: Canary): { exact: string[]; lower: string[] } {
  const [one, two, three] = [number.slice(0, 3), number.slice(3, 6), number.slice(6)];
  const grouped = SEPARATORS.flatMap((between) => [
    [one, two, three].join(between),
    ubrn.replace(/\d{4}(?=\d)/g, `$&${between}`),
  ]);
  const percent = Array.from(number, (digit) => `%3${digit}`).join('');
  return {
    exact: [number, ubrn, ...grouped, percent, ...[number, name, ubrn].flatMap(base64Forms)],
    lower: [name, Buffer.from(number).toString('hex'), Buffer.from(name).toString('hex')].map((text) =>
      text.toLowerCase(),
    ),
  };
}

/** Every form of every marked patient begins with one of these. */
const LONGEST_FORM = 80;
const STEMS = stems();

function stems(): string[] {
  const [area, begin] = ['999', String(FIRST).slice(0, 2)];
  const grouped = ['', ...SEPARATORS].map((between) => area + between + begin);
  const percent = Array.from(area + begin, (digit) => `%3${digit}`).join('');
  const hex = [area + begin, SURNAME].map((text) => Buffer.from(text).toString('hex'));
  const ubrns = ['', ...SEPARATORS].map((between) => UBRN + between + begin);
  return [...grouped, ...ubrns, percent, ...hex, ...[area + begin, SURNAME, UBRN + begin].flatMap(base64Forms)];
}

const searched = new WeakMap<Place, string>();

/** {@link suspects} of a place, whose bytes are gone through once however many patients are looked for. */
function suspectsIn(place: Place): string {
  const found = searched.get(place) ?? suspects(textOf(place));
  searched.set(place, found);
  return found;
}

/** Latin 1 keeps every byte, so that a binary file can be searched like a text. */
function textOf({ content }: Place): string {
  if (typeof content === 'string') return content;
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
}

/** The surroundings of whatever may be one: a database of many megabytes is then searched as fast as a line. */
function suspects(text: string): string {
  const found: string[] = [];
  for (const [within, stem] of [...STEMS.map((one) => [text, one]), [text.toLowerCase(), SURNAME.toLowerCase()]]) {
    for (let at = within!.indexOf(stem!); at >= 0; at = within!.indexOf(stem!, at + 1)) {
      found.push(within!.slice(at, at + LONGEST_FORM));
    }
  }
  return found.join('\n');
}

/**
 * Looks for marked patients in every place, plain, spaced, percent-encoded, in base64 and in hexadecimal.
 * @returns one sentence for each patient and place, with the path on which it was sent; never the identifier
 */
export function canaryHits(canaries: readonly Canary[], places: readonly Place[]): string[] {
  const forms = canaries.map((canary) => ({ canary, ...formsOf(canary) }));
  return places.flatMap((place) => {
    const near = suspectsIn(place);
    if (near === '') return [];
    const lower = near.toLowerCase();
    return forms
      .filter((one) => one.exact.some((form) => near.includes(form)) || one.lower.some((form) => lower.includes(form)))
      .map(({ canary }) => `the patient sent by "${canary.path}" is in ${place.name}`);
  });
}
