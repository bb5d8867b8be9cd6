import { inHeader, inPath, items, json, NOT_FOUND, OPEN, plain, ref, type Paths, type Answer } from './form.js';

const ifNoneMatch = inHeader('if-none-match', 'ETag that is at hand');
const same: Readonly<Record<string, Answer>> = { '304': plain('What is at hand is current') };

const page = (operationId: string, summary: string) => ({
  get: {
    operationId,
    summary,
    security: OPEN,
    parameters: [ifNoneMatch],
    responses: { '200': plain('The page'), ...same },
  },
});

/** What works without a token. */
export const publicPaths: Paths = {
  '/catalogue': {
    get: {
      operationId: 'catalogue',
      summary: 'Every event type',
      security: OPEN,
      parameters: [ifNoneMatch],
      responses: { '200': items('All types, retired ones included', 'TypeSummary'), ...same },
    },
  },
  '/catalogue/{type}': {
    get: {
      operationId: 'catalogueType',
      summary: 'One event type with its rules and examples',
      security: OPEN,
      parameters: [inPath('type', 'The type'), ifNoneMatch],
      responses: { '200': json('The type', 'TypeDetails'), ...same, ...NOT_FOUND },
    },
  },
  '/schemas/{path}': {
    get: {
      operationId: 'schema',
      summary: 'A file of the catalogue; the schema of a published version never changes',
      security: OPEN,
      parameters: [inPath('path', 'Path below the folder of schemas, slashes included'), ifNoneMatch],
      responses: { '200': plain('The file'), ...same, ...NOT_FOUND },
    },
  },
  '/asyncapi.json': page('asyncApi', 'The exchange as an AsyncAPI 3 document'),
  '/openapi.json': page('openApi', 'This document'),
  '/docs': page('docs', 'This document, for reading'),
  '/docs/codes': page('codes', 'Every code that can be answered'),
  '/docs/rules': page('rules', 'Every rule that a finding can name'),
  '/docs/style.css': page('style', 'Style of the pages'),
  '/health/live': {
    get: {
      operationId: 'live',
      summary: 'Whether the process answers',
      security: OPEN,
      responses: { '200': json('It does', 'Health') },
    },
  },
  '/health/ready': {
    get: {
      operationId: 'ready',
      summary: 'Whether events are taken, part by part',
      security: OPEN,
      responses: {
        '200': json('They are; a part may be degraded', 'Health'),
        '503': { description: 'They are not', content: { 'application/json': { schema: ref('Health') } } },
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: 'Metrics in the Prometheus text format',
      security: OPEN,
      responses: { '200': plain('The metrics') },
    },
  },
};
