import type { FastifyRequest } from 'fastify';

/** The two forms of every answer at one path. */
export type Form = 'html' | 'json';

/** Which form a request asks for. Browsers ask for HTML by name; whoever takes anything gets JSON. */
export function formOf(request: Pick<FastifyRequest, 'headers'>): Form {
  const accepted = (request.headers.accept ?? '*/*').split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
  const qualityOf = (...types: string[]) =>
    Math.max(0, ...accepted.filter(({ type }) => types.includes(type)).map(({ quality }) => quality));
  const html = qualityOf('text/html', 'application/xhtml+xml');
  return html > 0 && html >= qualityOf('application/json') ? 'html' : 'json';
}
