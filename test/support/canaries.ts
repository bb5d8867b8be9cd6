/** A marked patient: nothing else in the house has this number or this name. All of it is synthetic. */
export interface Canary {
  /** The path on which it was sent, told when it is found somewhere. */
  readonly path: string;
  /** Begins with 999, as test numbers do, and passes Modulus 11. */
  readonly number: string;
  readonly name: string;
}

/** Something that is searched: a log, a table, an answer. */
export interface Place {
  readonly name: string;
  readonly content: string | Uint8Array;
}

const SURNAME = 'Zyxqvarn';
const FIRST = 730_000;

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
      const canary = { path, number, name: `${SURNAME}${letters}x` };
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
function formsOf({ number, name }: Canary): { exact: string[]; lower: string[] } {
  const [one, two, three] = [number.slice(0, 3), number.slice(3, 6), number.slice(6)];
  const grouped = [' ', '-', '.', '_', '%20', '+'].map((between) => [one, two, three].join(between));
  const percent = Array.from(number).map((digit) => `%3${digit}`).join('');
  return {
    exact: [number, ...grouped, percent, ...base64Forms(number), ...base64Forms(name)],
    lower: [name, Buffer.from(number).toString('hex'), Buffer.from(name).toString('hex')].map((text) =>
      text.toLowerCase(),
    ),
  };
}

/**
 * Looks for marked patients in every place, plain, spaced, percent-encoded, in base64 and in hexadecimal.
 * @returns one sentence for each patient and place, with the path on which it was sent; never the identifier
 */
export function canaryHits(canaries: readonly Canary[], places: readonly Place[]): string[] {
  const forms = canaries.map((canary) => ({ canary, ...formsOf(canary) }));
  return places.flatMap(({ name, content }) => {
    // Latin 1 keeps every byte, so that a binary file can be searched like a text.
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
    const lower = text.toLowerCase();
    return forms
      .filter((one) => one.exact.some((form) => text.includes(form)) || one.lower.some((form) => lower.includes(form)))
      .map(({ canary }) => `the patient sent by "${canary.path}" is in ${name}`);
  });
}
