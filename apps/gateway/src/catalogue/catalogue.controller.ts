import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { Catalogue, Refusal, type EventType } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentOf, sendDocument, type PublicDocument } from '../http/etag.js';
import { asyncApiOf } from './asyncapi.js';

export const PUBLIC_URL = Symbol('PUBLIC_URL');

const JSON_TYPE = 'application/json';
const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  json: 'application/schema+json',
  md: 'text/markdown; charset=utf-8',
};

/** The contracts, for everybody: what may be sent, and how it is judged. Built once; the catalogue is read at start. */
@Controller()
export class CatalogueController {
  readonly #list: PublicDocument;
  readonly #types: ReadonlyMap<string, PublicDocument>;
  readonly #asyncApi: PublicDocument;

  constructor(
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(PUBLIC_URL) publicUrl: string,
  ) {
    const types = catalogue.types();
    this.#list = jsonDocument({ items: types.map(summary) });
    this.#types = new Map(types.map((type) => [type.type, jsonDocument(description(type))]));
    this.#asyncApi = jsonDocument(asyncApiOf(types, publicUrl));
  }

  @Get('catalogue')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply, this.#list);
  }

  @Get('catalogue/:type')
  type(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('type') name: string): void {
    const document = this.#types.get(name);
    if (!document) throw new Refusal('SB-4040', 'The catalogue has no such type');
    sendDocument(request, reply, document);
  }

  @Get('schemas/*')
  schema(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('*') path: string): void {
    const file = this.catalogue.schemaFile(path);
    if (!file) throw new Refusal('SB-4040', 'The catalogue has no such file');
    const contentType = SCHEMA_TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    const document = { body: file.bytes, etag: strong(file.etag), contentType };
    sendDocument(request, reply, document, this.#isPublished(path) ? 'immutable' : 'revalidate');
  }

  @Get('asyncapi.json')
  asyncApi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply, this.#asyncApi);
  }

  /** The schema of a version never changes once it has left draft; a change is a new version. */
  #isPublished(path: string): boolean {
    const [, family, event, version] = /^([^/]+)\/([^/]+)\/(v\d+)\/data\.schema\.json$/.exec(path) ?? [];
    const type = this.catalogue.find(`org.signalbox.${family ?? ''}.${event ?? ''}.${version ?? ''}`);
    return type !== undefined && type.status !== 'draft';
  }
}

function jsonDocument(value: unknown): PublicDocument {
  return documentOf(JSON.stringify(value), JSON_TYPE);
}

function strong(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function schemaPath({ family, event, version }: EventType): string {
  return `/schemas/${family}/${event}/v${String(version)}/data.schema.json`;
}

function summary(type: EventType): object {
  const { title, description: text, family, version, status, dates, replacedBy, dataContentType, owner, digest } = type;
  return {
    type: type.type,
    title,
    description: text,
    family,
    version,
    status,
    dates,
    ...(replacedBy !== undefined && { replacedby: replacedBy }),
    datacontenttype: dataContentType,
    owner,
    schema: schemaPath(type),
    details: `/catalogue/${type.type}`,
    digest,
  };
}

function description(type: EventType): object {
  const { classification, requires, rules, identifiers, awaits, closes, deadlines, readme, examples } = type;
  return {
    ...summary(type),
    classification,
    requires,
    rules,
    identifiers: identifiers.map(({ name, resource, pointer }) => ({ name, resource, pointer })),
    ...(awaits && { awaits }),
    ...(closes !== undefined && { closes }),
    ...(deadlines && { deadlines }),
    readme,
    examples,
  };
}
