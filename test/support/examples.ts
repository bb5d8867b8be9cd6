import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultSchemasFolder } from '@signalbox/contracts';

/** A structured CloudEvent as JSON has it. */
export type ExampleEvent = Record<string, unknown> & { readonly id: string; readonly type: string };

/** One example of the catalogue: an event that its type accepts, or one that it must reject. */
export interface Example {
  readonly type: string;
  readonly name: string;
  readonly event: ExampleEvent;
}

type Kind = 'accepts' | 'rejects';

const known = new Map<Kind, readonly Example[]>();

/** Every example of a kind that lies in the catalogue, in the order of its folders; read once, and nobody can change them. */
export function examples(kind: Kind): readonly Example[] {
  const found = known.get(kind) ?? readExamples(kind);
  known.set(kind, found);
  return found;
}

function readExamples(kind: Kind): readonly Example[] {
  const root = defaultSchemasFolder();
  const folders = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(kind));
  return folders.sort().flatMap((folder) => {
    const [family, event, version] = folder.split(/[\\/]/);
    const type = `org.signalbox.${family!}.${event!}.${version!}`;
    return readdirSync(join(root, folder))
      .sort()
      .map((file) => {
        const text = readFileSync(join(root, folder, file), 'utf8');
        const parsed = JSON.parse(text, frozen) as ExampleEvent & { event?: ExampleEvent };
        return { type, name: `${type} ${file.replace('.json', '')}`, event: parsed.event ?? parsed };
      });
  });
}

const frozen = (_key: string, value: unknown): unknown => Object.freeze(value);
