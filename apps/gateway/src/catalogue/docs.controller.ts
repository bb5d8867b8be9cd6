import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentOf, sendDocument, type PublicDocument } from '../http/etag.js';
import { openApiOf } from '../openapi/document.js';
import { PUBLIC_URL } from './catalogue.controller.js';
import { callsPage, codesPage, rulesPage, STYLE } from './pages.js';

const HTML = 'text/html; charset=utf-8';
/** Pages of our own words: a style sheet from here, nothing else, no script. */
const PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.json` and its readable pages. */
@Controller()
export class DocsController {
  readonly #openApi: PublicDocument;
  readonly #calls: PublicDocument;
  readonly #codes = documentOf(codesPage(), HTML);
  readonly #rules = documentOf(rulesPage(), HTML);
  readonly #style = documentOf(STYLE, 'text/css; charset=utf-8');

  constructor(@Inject(PUBLIC_URL) publicUrl: string) {
    const document = openApiOf(publicUrl);
    this.#openApi = documentOf(JSON.stringify(document), 'application/json');
    this.#calls = documentOf(callsPage(document), HTML);
  }

  @Get('openapi.json')
  openApi(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply, this.#openApi);
  }

  @Get('docs')
  calls(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply.header('content-security-policy', PAGE_POLICY), this.#calls);
  }

  @Get('docs/codes')
  codes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply.header('content-security-policy', PAGE_POLICY), this.#codes);
  }

  @Get('docs/rules')
  rules(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply.header('content-security-policy', PAGE_POLICY), this.#rules);
  }

  @Get('docs/style.css')
  style(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendDocument(request, reply, this.#style);
  }
}
