import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';

/** A run that failed once, by which it can be had again. */
interface Kept {
  readonly seed: number;
  readonly path: string;
}

/**
 * Holds a property over generated runs: those that failed before first, then new ones. A run that fails is printed with its
 * seed and kept in a file beside the test, which belongs into the commit that mends it.
 * @param testUrl - `import.meta.url` of the test
 */
export async function holds<T>(
  testUrl: string,
  name: string,
  property: fc.IAsyncProperty<T>,
  numRuns: number,
): Promise<void> {
  const file = fileURLToPath(new URL(`seeds/${name}.json`, testUrl));
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept[]) : [];
  for (const { seed, path } of kept) await fc.assert(property, { seed, path, endOnFailure: true });
  // A failure here is mostly something that never comes: making it smaller would take as long again, many times over.
  const details = await fc.check(property, { numRuns, endOnFailure: true });
  if (!details.failed) return;
  const failed = { seed: details.seed, path: details.counterexamplePath ?? '' };
  console.error(`${name} failed with ${JSON.stringify(failed)}`);
  // A run that must leave the tree as it is says the seed; one at a desk keeps it too.
  if (process.env['CI'] === undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify([...kept, failed], null, 2)}\n`);
  }
  throw new Error(fc.defaultReportMessage(details) ?? `${name} failed`, { cause: details.errorInstance });
}
