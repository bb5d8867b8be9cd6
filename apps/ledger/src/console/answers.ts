import { createHash } from 'node:crypto';
import { type Refusal, refusalOf } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ROLES } from '../people/roles.js';
import { asRefusable } from '../store/unavailable.js';
import { formOf } from './negotiation.js';
import { refuseMistaken, type Vocabulary } from './mistaken.js';
import type { Pages } from './pages.js';
import { safePath } from './safe-path.js';
import type { Known, Viewers } from './viewers.js';

/** One answer in its two forms, or the address of another page. */
export type Answer =
  | {
      readonly json: object;
      readonly view: string;
      readonly model: object;
      /** Headers of this answer alone, in either form. */
      readonly headers?: Readonly<Record<string, string>>;
      /**
       * A name, of few, under which the page is the same for everybody who is nobody in particular, as long as the process
       * lives: it is made once, so that nobody without an account can keep the ledger busy with it.
       */
      readonly lasting?: string;
    }
  | { readonly json: object; readonly seeOther: string }
  /** A file in a third form, for whoever asked for that. */
  | { readonly file: { readonly type: string; readonly name?: string; readonly text: string } };

/** What {@link Answers} is made of. */
export interface AnswersParts {
  readonly viewers: Viewers;
  readonly pages: Pages;
  readonly refreshMs: number;
  readonly nameOf: (ods: string) => string | undefined;
  /** What addresses may ask for. */
  readonly vocabulary: Vocabulary;
  /** Whether somebody may act for another organisation too. */
  readonly belongsToSeveral: (application: string) => boolean;
}

/** Answers requests of people and programs at the same paths: who asks, in which form, and what went wrong. */
export class Answers {
  readonly #lasting = new Map<string, string>();
  #everywhere: (known: Known) => Promise<object> = () => Promise.resolve({});

  constructor(private readonly parts: AnswersParts) {}

  /** Has something asked for every page of somebody who is known, for all of them to show. */
  withEveryPage(ask: (known: Known) => Promise<object>): void {
    this.#everywhere = ask;
  }

  /** Answers somebody who is known. A browser that is not signed in is sent to the sign-in; a program gets its problem. */
  async known(request: FastifyRequest, reply: FastifyReply, work: (known: Known) => Promise<Answer>): Promise<void> {
    try {
      const known = await this.parts.viewers.of(request);
      refuseMistaken(request, this.parts.vocabulary);
      await this.#send(request, reply, await work(known), known);
    } catch (error) {
      const refusal = refusalOf(asRefusable(error));
      if (refusal.status !== 401 || formOf(request) === 'json') throw refusal;
      reply.redirect(signInPath(request), 303);
    }
  }

  /** What went wrong, as a page in the frame of all others; undefined for who asked for something else. */
  problem(request: FastifyRequest, refusal: Refusal, traceid: string | undefined): string | undefined {
    if (formOf(request) === 'json') return undefined;
    const problem = refusal.toProblem(traceid);
    const known = this.parts.viewers.ofCookie(request);
    return this.parts.pages.render('problem', { title: problem.title, problem, known: known && this.#shown(known) });
  }

  /** Answers anybody, with more for somebody who is known. A session that has ended is nobody's; a bad token is told. */
  async anybody(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (known: Known | undefined) => Promise<Answer>,
  ): Promise<void> {
    try {
      const known = await this.#knownOrNobody(request);
      refuseMistaken(request, this.parts.vocabulary);
      await this.#send(request, reply, await work(known), known);
    } catch (error) {
      throw refusalOf(asRefusable(error));
    }
  }

  async #knownOrNobody(request: FastifyRequest): Promise<Known | undefined> {
    const { authorization, cookie } = request.headers;
    if (authorization === undefined && cookie === undefined) return undefined;
    return this.parts.viewers.of(request).catch((error: unknown) => {
      if (authorization !== undefined || refusalOf(asRefusable(error)).status >= 500) throw error;
      return undefined;
    });
  }

  /** Answers anybody with a page. */
  page(reply: FastifyReply, view: string, model: object, status = 200): void {
    reply.code(status).type('text/html; charset=utf-8').send(this.parts.pages.render(view, model));
  }

  async #send(request: FastifyRequest, reply: FastifyReply, answer: Answer, known: Known | undefined): Promise<void> {
    reply.header('vary', 'accept, authorization, cookie');
    const goesOn = this.parts.viewers.goesOn(request);
    // Whoever has just chosen another organisation has a new one already.
    if (goesOn !== undefined && !reply.hasHeader('set-cookie')) reply.header('set-cookie', goesOn);
    if ('file' in answer) {
      const { type, name, text } = answer.file;
      if (name !== undefined) reply.header('content-disposition', `attachment; filename="${name}"`);
      return this.#body(request, reply, type, text);
    }
    if ('headers' in answer) reply.headers(answer.headers);
    // What an answer says must not be kept has no mark either by which it could be compared.
    const marked = !('headers' in answer && answer.headers['cache-control'] === 'no-store');
    if (formOf(request) === 'json')
      return this.#body(request, reply, 'application/json', JSON.stringify(answer.json), marked);
    if ('seeOther' in answer) return void reply.redirect(answer.seeOther, 303);
    const everywhere = known && { ...(await this.#everywhere(known)), known: this.#shown(known) };
    const model = { ...everywhere, ...answer.model, refreshMs: this.parts.refreshMs };
    const render = () => this.parts.pages.render(answer.view, model);
    const lasting = known === undefined ? answer.lasting : undefined;
    const page = lasting === undefined ? render() : this.#once(lasting, render);
    this.#body(request, reply, 'text/html; charset=utf-8', page, marked);
  }

  #once(name: string, render: () => string): string {
    const page = this.#lasting.get(name) ?? render();
    this.#lasting.set(name, page);
    return page;
  }

  /** With an ETag, so that an open page that asks again costs nothing but the question when nothing has changed. */
  #body(request: FastifyRequest, reply: FastifyReply, type: string, text: string, marked = true): void {
    if (!marked) return void reply.code(200).type(type).send(Buffer.from(text));
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    reply.header('etag', etag);
    if (request.method === 'GET' && request.headers['if-none-match'] === etag) return void reply.code(304).send();
    reply.code(200).type(type).send(Buffer.from(text));
  }

  #shown(known: Known): object {
    const { nameOf, belongsToSeveral } = this.parts;
    const does = rolesInWords(known);
    return { ...known, organisation: nameOf(known.ods), does, several: belongsToSeveral(known.application) };
  }
}

/** Whoever may do more may look as well, which goes without saying. */
function rolesInWords({ name, roles }: Known): string {
  if (name === undefined) return 'application';
  const more = ROLES.filter((role) => role !== 'viewer' && roles.has(role));
  return more.length > 0 ? more.join(', ').replace('information-governance', 'information governance') : 'viewer';
}

/** The sign-in, and then back to where somebody wanted to go. */
function signInPath(request: FastifyRequest): string {
  return request.method === 'GET' ? `/sign-in?to=${encodeURIComponent(safePath(request.url))}` : '/sign-in';
}
