import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { refusalOf } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from './answers.js';
import { safePath } from './safe-path.js';
import { type Session, Sessions } from './session.js';
import { refuseForeignForm, Viewers } from './viewers.js';

/** Signing in and out of the console. */
@Controller()
export class SignInController {
  constructor(
    private readonly viewers: Viewers,
    private readonly sessions: Sessions,
    private readonly answers: Answers,
  ) {}

  @Get('sign-in')
  ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#page(reply, safePath((request.query as { to?: string }).to));
  }

  @Post('sign-in')
  async signIn(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const form = formOf(request);
    const to = safePath(form.get('to'));
    try {
      this.#enter(reply, await this.viewers.signIn((form.get('token') ?? '').trim()), to);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.status !== 401) throw error;
      this.#page(reply, to, refusal.toProblem().detail, 401);
    }
  }

  @Post('sign-in/development')
  development(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const form = formOf(request);
    this.#enter(reply, this.viewers.developmentSession(form.get('org') ?? ''), safePath(form.get('to')));
  }

  @Post('sign-out')
  signOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    refuseForeignForm(request);
    reply.header('set-cookie', this.sessions.noCookie()).redirect('/sign-in', 303);
  }

  #enter(reply: FastifyReply, session: Session, to: string): void {
    reply.header('set-cookie', this.sessions.cookieOf(session)).redirect(to, 303);
  }

  #page(reply: FastifyReply, to: string, problem?: string, status = 200): void {
    const model = { title: 'Sign in', to, problem, choices: this.viewers.developmentChoices() };
    this.answers.page(reply, 'sign-in', model, status);
  }
}

function formOf(request: FastifyRequest): URLSearchParams {
  refuseForeignForm(request);
  return new URLSearchParams((request.body as Buffer | undefined)?.toString() ?? '');
}
