import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { Refusal, type ProblemCode } from '@signalbox/contracts';
import { TokenAuthority, type JtiStore } from '@signalbox/registry';
import { traceIdOf } from '@signalbox/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyOf } from '../http/authentication.js';
import { problemOf } from '../problems.js';

export const JTI_STORE = Symbol('JTI_STORE');

const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MAX_BYTES = 16_384;

/** Our codes in the words of RFC 6749, section 5.2. */
const OAUTH_ERRORS: Readonly<Partial<Record<ProblemCode, string>>> = {
  'SB-3004': 'invalid_client',
  'SB-3007': 'invalid_client',
  'SB-5033': 'temporarily_unavailable',
  'SB-5000': 'server_error',
};

/** `POST /oauth2/token`: client credentials with `private_key_jwt`. Errors have the members of RFC 6749 beside ours. */
@Controller('oauth2/token')
export class TokenController {
  constructor(
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(JTI_STORE) private readonly jtiStore: JtiStore,
  ) {}

  @Post()
  async token(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    try {
      const answer = await this.authority.exchange(formOf(request), { jtiStore: this.jtiStore });
      reply.header('pragma', 'no-cache').code(200).send(answer);
    } catch (error) {
      refuse(reply, problemOf(error), traceIdOf(request));
    }
  }
}

function formOf(request: FastifyRequest): URLSearchParams {
  const body = bodyOf(request);
  if (!FORM.test(request.headers['content-type'] ?? '')) {
    throw new Refusal('SB-4150', 'The token call takes application/x-www-form-urlencoded');
  }
  if (body.length > MAX_BYTES) throw new Refusal('SB-4130', 'A token request has at most 16 KiB');
  return new URLSearchParams(body.toString('utf8'));
}

function refuse(reply: FastifyReply, refusal: Refusal, traceid: string | undefined): void {
  const problem = refusal.toProblem(traceid);
  const error = OAUTH_ERRORS[refusal.code] ?? 'invalid_request';
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer');
  if (refusal.options.retryAfter !== undefined) reply.header('retry-after', String(refusal.options.retryAfter));
  reply
    .code(refusal.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ ...problem, error, error_description: problem.detail }));
}
