import { Controller, Get, Req, Res } from '@nestjs/common';
import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, Answers } from '../console/answers.js';
import type { Known } from '../console/viewers.js';
import { Board, type BoardFigures, type Pair } from './board.js';
import { boardPage, pairPage } from './board-pages.js';
import { type BoardQuestion, questionOf } from './board-question.js';
import { EngineWatch } from './engine-watch.js';
import { enginePage } from './engine-page.js';
import { layOut } from './map-layout.js';
import { PAIR_STATUS } from './pair.js';

/** How much of the board one page holds. */
export class BoardSizes {
  constructor(
    readonly pairs: number,
    readonly mapPairs: number,
  ) {}
}

/** The board, a pair of organisations, the map of flows, and the engine. */
@Controller()
export class BoardController {
  constructor(
    private readonly board: Board,
    private readonly engine: EngineWatch,
    private readonly answers: Answers,
    private readonly sizes: BoardSizes,
  ) {}

  @Get()
  home(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known) => {
      const asked = questionOf(request);
      const figures = await this.board.figures(known.viewer);
      const { page, next } = pageOf(chosen(figures.pairs, asked), asked.after, this.sizes.pairs);
      const pairs = await this.board.withCourse(page, figures.since);
      const engine = await this.#engine(known);
      return boardPage({ figures, pairs, asked, engine, ...(next !== undefined && { next }) });
    });
  }

  @Get('pairs/:from/:to')
  pair(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const { from, to } = request.params as { from: string; to: string };
      const figures = await this.board.figures(viewer);
      const found = figures.pairs.filter((pair) => pair.from.ods === from && pair.to.ods === to);
      const [pair] = await this.board.withCourse(found, figures.since);
      if (pair === undefined) throw new Refusal('SB-4040');
      return pairPage(pair, figures.since);
    });
  }

  @Get('map')
  map(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const asked = questionOf(request);
      const figures = await this.board.figures(viewer);
      const map = layOut(chosen(figures.pairs, asked), this.sizes.mapPairs);
      const model = { title: 'Map of flows', at: 'board', map, asked, statuses: PAIR_STATUS, since: figures.since };
      const { nodes, edges, left } = map;
      const organisations = nodes.map(({ ods, name }) => ({ ods, name }));
      return {
        json: { since: figures.since, organisations, pairs: edges.map((edge) => edge.pair), left },
        view: 'map',
        model,
      };
    });
  }

  @Get('engine')
  condition(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async (known): Promise<Answer> => {
      if (known.viewer.all) return enginePage(await this.engine.report());
      const exchange = await this.engine.exchange();
      return { json: exchange, view: 'engine', model: { title: 'The exchange', at: 'board', exchange } };
    });
  }

  /** The operator is told what is wrong; everybody else, whether the exchange works. */
  async #engine({ viewer }: Known): Promise<{ well: boolean; sentence: string }> {
    if (!viewer.all) return this.engine.exchange();
    const { well, sentence } = await this.engine.report();
    return { well, sentence };
  }
}

function chosen(pairs: BoardFigures['pairs'], { status, org }: BoardQuestion): Pair[] {
  return pairs.filter(
    (pair) =>
      (status.length === 0 || status.includes(pair.status) || (pair.silent && status.includes('silent'))) &&
      (org === undefined || pair.from.ods === org || pair.to.ods === org),
  );
}

/** A page after the pair that the cursor names, as the pairs are ordered now. @throws Refusal SB-4000 */
function pageOf(pairs: readonly Pair[], after: string | undefined, size: number): { page: Pair[]; next?: string } {
  let from = 0;
  if (after !== undefined) {
    from = pairs.findIndex((pair) => cursorOf(pair) === after) + 1;
    if (!/^[0-9A-Z]{1,20}\.[0-9A-Z]{1,20}$/.test(after))
      throw new Refusal('SB-4000', 'The cursor in after= is not one that this list gave out');
  }
  const page = pairs.slice(from, from + size);
  const last = from + size < pairs.length ? page.at(-1) : undefined;
  return { page, ...(last !== undefined && { next: cursorOf(last) }) };
}

function cursorOf({ from, to }: Pair): string {
  return `${from.ods}.${to.ods}`;
}
