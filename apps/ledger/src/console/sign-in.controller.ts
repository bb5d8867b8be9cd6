import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Refusal, refusalOf } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from './answers.js';
import { safePath } from './safe-path.js';
import { Sessions } from './session.js';
import { SignIn, TOLD_AT_SIGN_IN } from './sign-in.js';
import { refuseForeignForm, Viewers } from './viewers.js';

/** Signing in and out of the console, and the organisation that somebody acts for. */
@Controller()
export class SignInController {
  constructor(
    private readonly viewers: Viewers,
    private readonly sessions: Sessions,
    private readonly signIn: SignIn,
    private readonly answers: Answers,
  ) {}

  @Get('sign-in')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#page(reply, safePath(queryOf(request).get('to')));
  }

  /** With an access token: for tools, and for when the provider is away. */
  @Post('sign-in')
  async withToken(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    const to = safePath(form.get('to'));
    try {
      const session = await this.viewers.signIn((form.get('token') ?? '').trim());
      reply.header('set-cookie', this.sessions.cookieOf(session)).redirect(to, 303);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status !== 401) throw error;
      this.#page(reply, to, { about: 'token', text: refusal.toProblem().detail }, 401);
    }
  }

  /** To the provider. A link and no form, for pages may send forms nowhere but here. */
  @Get('sign-in/start')
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const to = safePath(queryOf(request).get('to'));
    await this.#telling(reply, to, async () => {
      const { at, cookie } = await this.signIn.begin(to);
      reply.header('set-cookie', cookie).redirect(at, 303);
    });
  }

  /** And back. */
  @Get('sign-in/callback')
  async cameBack(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.#telling(reply, safePath(undefined), async () => {
      const query = /\?[^#]*/.exec(request.url)?.[0] ?? '';
      const { session, to, several } = await this.signIn.finish(query, request.headers.cookie);
      reply.header('set-cookie', [this.sessions.cookieOf(session), this.signIn.noAttempt()]);
      reply.redirect(several ? `/sign-in/organisation?to=${encodeURIComponent(to)}` : to, 303);
    });
  }

  @Get('sign-in/organisation')
  organisations(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, (known) => {
      const organisations = this.signIn.organisationsOf(known);
      const to = safePath(queryOf(request).get('to'));
      const model = { title: 'Choose an organisation', organisations, to };
      return Promise.resolve({ json: { organisations }, view: 'sign-in-organisation', model });
    });
  }

  @Post('sign-in/organisation')
  switch(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, () => {
      const form = formOf(request);
      const session = this.sessions.read(request.headers.cookie);
      if (session === undefined) throw new Refusal('SB-4040');
      const switched = this.signIn.switched(session, form.get('org') ?? '');
      reply.header('set-cookie', this.sessions.cookieOf(switched));
      return Promise.resolve({ json: { ods: switched.ods }, seeOther: safePath(form.get('to')) });
    });
  }

  @Post('sign-out')
  async signOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    refuseForeignForm(request);
    const session = this.sessions.read(request.headers.cookie);
    if (session !== undefined) await this.sessions.end(session);
    const to = this.signIn.isOfProvider(session) ? '/sign-out/provider' : '/sign-in';
    reply.header('set-cookie', this.sessions.noCookie()).redirect(to, 303);
  }

  /** Leads on to the provider, by a page of ours: a form may not end there. */
  @Get('sign-out/provider')
  async leave(@Res() reply: FastifyReply): Promise<void> {
    const at = await this.signIn.leave();
    if (at === undefined) return void reply.redirect('/sign-in', 303);
    this.answers.page(reply, 'sign-out', { title: 'You are signed out', at, provider: this.signIn.provider });
  }

  /** What goes wrong between here and the provider is told where somebody can begin again, or sign in with a token. */
  async #telling(reply: FastifyReply, to: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.code === 'SB-3011') {
        return this.answers.page(reply, 'sign-in-unknown', { title: 'You are not known here' }, refusal.status);
      }
      if (!TOLD_AT_SIGN_IN.has(refusal.code)) throw error;
      this.#page(reply, to, { about: 'start', text: refusal.toProblem().detail }, refusal.status);
    }
  }

  #page(
    reply: FastifyReply,
    to: string,
    problem?: { readonly about: string; readonly text: string },
    status = 200,
  ): void {
    const { provider } = this.signIn;
    this.answers.page(reply, 'sign-in', { title: 'Sign in', to, problem, provider }, status);
  }
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(request.url)?.[1] ?? '');
}

/** @throws Refusal SB-3005 for a form of another site */
function formOf(request: FastifyRequest): URLSearchParams {
  refuseForeignForm(request);
  return new URLSearchParams((request.body as Buffer | undefined)?.toString() ?? '');
}
