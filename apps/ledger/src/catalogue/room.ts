import { Catalogue, CatalogueError, defaultSchemasFolder } from '@signalbox/contracts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { CatalogueController, CatalogueSite } from './catalogue.controller.js';
import { ContractsTold } from './contracts-told.js';
import type { SharedSchema } from './fields.js';

/** The catalogue site: what may be sent, in words, for everybody. */
export async function catalogueRoom({ settings, catalogue, database, registry }: RoomParts): Promise<Room> {
  const shared = await sharedSchema(catalogue, settings.schemasFolder ?? defaultSchemasFolder());
  const nameOf = (ods: string) => registry.organisation(ods)?.name;
  const gateway = settings.gatewayPublicUrl ?? settings.gatewayUrl;
  const site = new CatalogueSite(new ContractsTold(catalogue, shared), database, settings.smallNumber, nameOf, gateway);
  return {
    controllers: [CatalogueController],
    providers: [
      { provide: CatalogueSite, useValue: site },
      { provide: Catalogue, useValue: catalogue },
    ],
  };
}

/** A folder of schemas of somebody else may have no meanings; the fields are listed without them then. */
async function sharedSchema(catalogue: Catalogue, folder: string): Promise<SharedSchema> {
  const file = catalogue.schemaFile('fhir/r4.schema.json');
  if (!file) throw new CatalogueError('fhir/r4.schema.json', 'the file is missing');
  const { $defs } = JSON.parse(file.bytes.toString()) as { $defs: SharedSchema['definitions'] };
  const meanings = await readFile(join(folder, 'fhir', 'meanings.json'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  return { definitions: $defs, meanings: JSON.parse(meanings) as SharedSchema['meanings'] };
}
