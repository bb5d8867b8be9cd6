/**
 * Writes the examples of every type of the catalogue from the recipes in `examples/`: `node schemas/examples.mjs`.
 * The same recipes give the same bytes. A type that was added by hand and has no recipe is left alone.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { bookings } from './examples/booking.mjs';
import { operations } from './examples/operations.mjs';
import { referral } from './examples/referral.mjs';
import { results } from './examples/result.mjs';

/** Path below the folder of schemas → text of the file. */
export function examples() {
  const files = new Map();
  for (const [type, kinds] of Object.entries({ ...referral, ...bookings, ...results, ...operations })) {
    for (const [kind, recipes] of Object.entries(kinds)) {
      for (const [name, content] of Object.entries(recipes)) {
        files.set(`${type}/v1/${kind}/${name}.json`, `${JSON.stringify(content, null, 2)}\n`);
      }
    }
  }
  return files;
}

function write(root) {
  const files = examples();
  const folders = new Set([...files.keys()].map((path) => path.slice(0, path.lastIndexOf('/'))));
  for (const folder of folders) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const [path, text] of files) writeFileSync(join(root, path), text);
  process.stderr.write(`wrote ${files.size} examples\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) write(fileURLToPath(new URL('.', import.meta.url)));
