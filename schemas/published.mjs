// Keeps published.json: which contracts are promised, each by the digest of what it promises. A test holds the folders to it.
//   node schemas/published.mjs                      records what is not a draft any more
//   node schemas/published.mjs --earlier <folder>   also records changes of recorded contracts, if every event that was valid
//                                                   under the schemas in that folder is shown to be valid still
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Catalogue, compareTypes, contractDigest } from '../libs/contracts/dist/index.js';

const file = new URL('published.json', import.meta.url);
const published = JSON.parse(readFileSync(file, 'utf8'));
const { values } = parseArgs({ options: { earlier: { type: 'string' } } });
const catalogue = await Catalogue.load(fileURLToPath(new URL('.', import.meta.url)));
const earlier = values.earlier === undefined ? undefined : await Catalogue.load(values.earlier);

/** Why a changed contract cannot stand under its name; undefined if it can. */
function objection(type) {
  const before = earlier?.find(type.type);
  if (!before)
    return 'its contract has changed: make a new version, or name the folder of schemas as they were (--earlier)';
  if (contractDigest(before, earlier) !== published[type.type]) return 'what --earlier holds is not what was published';
  const compared = compareTypes({ type: before, catalogue: earlier }, { type, catalogue });
  if (compared.verdict.backward) return undefined;
  return `events that were valid may be refused: ${compared.changes.find(({ breaking }) => breaking)?.sentence}`;
}

const refused = [];
for (const type of catalogue.types()) {
  const digest = contractDigest(type, catalogue);
  if (type.status === 'draft' || published[type.type] === digest) continue;
  const reason = published[type.type] === undefined ? undefined : objection(type);
  if (reason === undefined) published[type.type] = digest;
  else refused.push(`${type.type}: ${reason}`);
}
const sorted = Object.fromEntries(Object.entries(published).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
for (const line of refused) console.error(line);
process.exitCode = refused.length > 0 ? 1 : 0;
