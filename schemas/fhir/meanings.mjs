// Writes meanings.json: what each element of the shared FHIR schema means, in the first line that the FHIR R4 StructureDefinitions have for it.
// Read from the type declarations in @types/fhir (MIT; the texts are HL7's, CC0), like what generate.mjs takes from there.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const declarations = createRequire(import.meta.url).resolve('@types/fhir/r4.d.ts');
const schemaFile = new URL('r4.schema.json', import.meta.url);
const target = fileURLToPath(new URL('meanings.json', import.meta.url));

const INTERFACE = /^export interface (\w+)(?:<[^{]*?>)?(?: extends (\w+))? \{$([\s\S]*?)^\}$/gm;
const MEMBER = /\/\*\*\s*([\s\S]*?)\*\/\s*(?:readonly )?(\w+)\??:/g;

/** First line of a comment, without its stars. */
function firstLine(comment) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*?\s?/, '').trim());
  return lines.find((line) => line !== '') ?? '';
}

/** The members of every interface with what they mean, those of what it extends included. */
function meaningsOf(text) {
  const own = new Map();
  for (const [, name, parent, body] of text.matchAll(INTERFACE)) {
    const members = {};
    for (const [, comment, member] of body.matchAll(MEMBER)) members[member] = firstLine(comment);
    own.set(name, { parent, members });
  }
  const whole = (name) => {
    const found = own.get(name);
    return found === undefined ? {} : { ...whole(found.parent), ...found.members };
  };
  return whole;
}

/** meanings.json as text: definition → member → meaning. */
export function generate() {
  const whole = meaningsOf(readFileSync(declarations, 'utf8'));
  const { $defs } = JSON.parse(readFileSync(schemaFile, 'utf8'));
  const found = {};
  for (const [name, { properties }] of Object.entries($defs)) {
    const meanings = whole(name.replaceAll('_', ''));
    const known = Object.keys(properties ?? {}).filter((member) => meanings[member] && !member.startsWith('_'));
    if (known.length > 0) found[name] = Object.fromEntries(known.map((member) => [member, meanings[member]]));
  }
  return `${JSON.stringify(found, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, generate());
