import { Controller, Get, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CSV_TYPE, takesCsv } from '../console/csv.js';
import { type Known, Viewers } from '../console/viewers.js';
import { Proof } from './proof.js';
import { statementCsv } from './statement-csv.js';

/** The proof, the daily statements and the work items, as JSON; a statement as CSV too. */
@Controller()
export class ProofController {
  constructor(
    private readonly proof: Proof,
    private readonly viewers: Viewers,
  ) {}

  @Get('reconciliation')
  async reconciliation(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { viewer } = await this.viewers.of(request);
    if (!viewer.all) throw new Refusal('SB-3005', 'The reconciliation of all organisations is for the operator');
    send(reply, await this.proof.reconciliation());
  }

  @Get('statements/:date')
  async statement(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const known = await this.viewers.of(request);
    const { date } = request.params as { date: string };
    const statement = await this.proof.statements.of(organisationOf(request, known), date);
    if (!takesCsv(request)) return send(reply, statement);
    reply.header('vary', VARY).header('content-disposition', `attachment; filename="statement-${statement.date}.csv"`);
    reply.code(200).type(CSV_TYPE).send(statementCsv(statement));
  }

  @Get('work-items')
  async workItems(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { viewer } = await this.viewers.of(request);
    const { after, event, source } = request.query as Readonly<Record<string, string | string[] | undefined>>;
    if (Array.isArray(after) || Array.isArray(event) || Array.isArray(source))
      throw new Refusal('SB-4000', 'Name one cursor, one event and one source');
    send(reply, await this.proof.workItems.open(viewer, { after, event, source }));
  }
}

const VARY = 'accept, authorization, cookie';

function send(reply: FastifyReply, answer: object): void {
  reply.header('vary', VARY).header('cache-control', 'private, no-store');
  reply.code(200).type('application/json').send(JSON.stringify(answer));
}

/** The caller's own, or for who may see all, any. What is another's is not found. @throws Refusal SB-4040 */
function organisationOf(request: FastifyRequest, { ods, viewer }: Known): string {
  const { org = ods } = request.query as { org?: string };
  if (org !== ods && !viewer.all) throw new Refusal('SB-4040');
  return org;
}
