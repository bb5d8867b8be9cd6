import { OVERLAP_MAX_MS } from '../subscription-care/care.dto.js';
import { text, count, time } from './shapes.js';

/** The shapes of what a receiver does to keep a subscription well. */
export const CARE_SCHEMAS: Readonly<Record<string, object>> = {
  SubscriptionHealth: {
    type: 'object',
    required: ['subscription', 'status', 'condition', 'stage', 'sentence', 'advice'],
    properties: {
      subscription: text,
      status: { enum: ['pending', 'active', 'paused', 'disabled'] },
      statusReason: text,
      condition: {
        ...text,
        description:
          'healthy, lagging, unreachable, insecure, timing-out, failing, redirecting, overloaded, refusing, receiving-malformed, shut-out; or pending, paused, disabled, untold',
      },
      stage: { type: 'integer', minimum: 0, maximum: 3, description: '0 well, 1 begun, 2 goes on, 3 needs a person' },
      since: time,
      sentence: { ...text, description: 'What is so' },
      advice: { ...text, description: 'What to do' },
      circuit: { enum: ['closed', 'open', 'half-open'], description: 'open: no attempts for now' },
      limit: { type: 'integer', minimum: 1, description: 'Attempts at once that the endpoint bears now' },
      waiting: {
        ...count,
        description: 'Events that have yet to be handed out; of what is fetched, the first of each family are counted',
      },
      more: { const: true, description: 'Of what is fetched there is more than was counted' },
      unsettled: { ...count, description: 'Events handed out or set aside, and not settled' },
      oldest: { ...time, description: 'When the oldest of them was accepted' },
      updated: { ...time, description: 'When a relay told this' },
    },
  },
  TestRequest: {
    type: 'object',
    properties: { type: { ...text, description: 'Type of the example; without it the first that is asked for' } },
    additionalProperties: false,
  },
  TestResult: {
    type: 'object',
    required: ['outcome', 'type', 'source', 'id'],
    properties: {
      outcome: { enum: ['delivered', 'retry', 'refused'], description: 'What the same answer to an event would mean' },
      type: text,
      source: text,
      id: text,
      reason: text,
      detail: text,
      status: { type: 'integer' },
      latencyms: count,
      answer: {
        ...text,
        maxLength: 200,
        description: 'Excerpt of what the endpoint said, without anything it was sent',
      },
    },
  },
  SecretRotation: {
    type: 'object',
    properties: {
      overlapms: {
        type: 'integer',
        minimum: 0,
        maximum: OVERLAP_MAX_MS,
        description: 'Milliseconds for which the former secret signs too; 0 ends every former one at once',
      },
    },
    additionalProperties: false,
  },
  RotatedSecret: {
    type: 'object',
    required: ['id', 'sinksecrets'],
    properties: {
      id: text,
      sinksecrets: { type: 'array', items: text, minItems: 1, maxItems: 1 },
      oldsecretsuntil: { ...time, description: 'Until then the former secret signs too' },
    },
  },
};
