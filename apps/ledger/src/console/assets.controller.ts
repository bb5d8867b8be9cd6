import { Controller, Get, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Asset } from './assets.js';

/** The files that pages load, by path. */
export class Assets {
  constructor(readonly byPath: ReadonlyMap<string, Asset>) {}
}

/** Serves them; they are the same for everybody and tell nothing. */
@Controller()
export class AssetsController {
  constructor(private readonly assets: Assets) {}

  @Get(['assets/*', 'favicon.ico'])
  serve(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const asset = this.assets.byPath.get(request.url.split('?', 1)[0]!);
    if (asset === undefined) throw new Refusal('SB-4040');
    const { etag, type, bytes, gzipped } = asset;
    const versioned = (request.query as { v?: string }).v !== undefined;
    const kept = versioned ? 'public, max-age=31536000, immutable' : 'public, max-age=300';
    reply.headers({ etag, 'cache-control': kept, vary: 'accept-encoding' });
    if (request.headers['if-none-match'] === etag) return void reply.code(304).send();
    const zipped = request.headers['accept-encoding']?.includes('gzip') === true;
    if (zipped) reply.header('content-encoding', 'gzip');
    reply.type(type).send(zipped ? gzipped : bytes);
  }
}
