import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from './log.js';
import { traceIdOf } from './http-observed.js';

/** What an app's own table of problems makes of an error. Structural: the runtime knows no codes. */
export interface ProblemError {
  readonly status: number;
  readonly code?: string;
  readonly options?: { /** Seconds. */ readonly retryAfter?: number; readonly cause?: unknown };
  toProblem(traceid?: string): object;
}

export type RefusalOf = (error: unknown) => ProblemError;

/** A problem in the form that the callers of some paths understand. */
export interface ForeignProblem {
  readonly contentType: string;
  readonly body: object;
}

/** The form in which problems are answered at a path; `undefined` = as problem+json. */
export type ProblemForm = (path: string, problem: ProblemError) => ForeignProblem | undefined;

/** A problem as a page, for a browser that asked for one; `undefined` = as everybody else gets it. */
export type ProblemPage = (request: FastifyRequest, problem: ProblemError, traceid?: string) => string | undefined;

/** Method and pattern of every route, to tell a wrong method (405) from a wrong path (404). */
export class RouteTable {
  private readonly routes: { method: string; path: RegExp }[] = [];

  add(methods: string | readonly string[], pattern: string): void {
    const source = pattern
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:[^/]+/g, '[^/]+')
      .replace(/\*.*$/, '.*');
    for (const method of [methods].flat()) this.routes.push({ method, path: new RegExp(`^${source}/?$`) });
  }

  /** The methods offered at a path. */
  methodsAt(url: string): string[] {
    const path = url.split(/[?#]/, 1)[0] ?? '';
    return [...new Set(this.routes.filter((route) => route.path.test(path)).map((route) => route.method))].sort();
  }
}

/** Answers every error as `application/problem+json` (RFC 9457) with the trace id; unforeseen ones are logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly refusalOf: RefusalOf,
    private readonly routes: RouteTable,
    private readonly log: Log,
    private readonly formOf: ProblemForm = () => undefined,
    private readonly pageOf: ProblemPage = () => undefined,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    // The caller has gone or has its answer already: there is nobody to tell.
    if (request.raw.destroyed && !request.raw.complete) return;
    if (reply.sent)
      return this.log.error({ err: error, traceid: traceIdOf(request) }, 'error after the answer had begun');
    const problem = this.refusalOf(this.asNotAllowed(error, request, reply));
    const traceid = traceIdOf(request);
    if (problem.status >= 500) this.note(problem, request, traceid);
    const { retryAfter } = problem.options ?? {};
    if (retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(retryAfter)));
    if (problem.status === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', 'Bearer');
    const page = this.pageOf(request, problem, traceid);
    if (page !== undefined) return void reply.code(problem.status).type('text/html; charset=utf-8').send(page);
    const foreign = this.formOf(request.url.split('?', 1)[0] ?? '', problem);
    reply
      .code(problem.status)
      .header('content-type', foreign?.contentType ?? 'application/problem+json')
      // As bytes: Fastify would add a charset, which this media type does not have.
      .send(Buffer.from(JSON.stringify(foreign?.body ?? problem.toProblem(traceid))));
  }

  private asNotAllowed(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
    if (!request.is404 || (error as { status?: unknown }).status !== 404) return error;
    const methods = this.routes.methodsAt(request.url);
    if (methods.length === 0) return error;
    reply.header('allow', methods.join(', '));
    return { status: 405 };
  }

  private note(problem: ProblemError, request: FastifyRequest, traceid: string | undefined): void {
    const fields = {
      status: problem.status,
      code: problem.code,
      route: request.routeOptions.url,
      method: request.method,
      traceid,
    };
    const cause = problem.options?.cause;
    if (problem.status === 503)
      this.log.warn({ ...fields, ...(cause !== undefined && { err: cause }) }, 'request refused for now');
    else this.log.error({ ...fields, err: cause ?? problem }, 'request failed');
  }
}

/** Answers on a bare socket what Node's parser refuses before there is a request: bad syntax, too long headers, too slow. */
export function answerBrokenRequest(refusalOf: RefusalOf, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify({ ...refusalOf({ status: 400 }).toProblem(), status });
  socket.end(
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
}
