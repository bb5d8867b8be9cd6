import { carePaths } from './care-paths.js';
import { deadlinePaths } from './deadline-paths.js';
import { deliveryPaths } from './delivery-paths.js';
import { eventPaths } from './event-paths.js';
import { fhirPaths } from './fhir-paths.js';
import type { Paths } from './form.js';
import { operatorPaths } from './operator-paths.js';
import { outagePaths } from './outage-paths.js';
import { peoplePaths } from './people-paths.js';
import { proofPaths } from './proof-paths.js';
import { publicPaths } from './public-paths.js';
import { repeatPaths } from './repeat-paths.js';
import { SCHEMAS } from './schemas.js';
import { stagePaths } from './stage-paths.js';
import { stuckPaths } from './stuck-paths.js';
import { subscriptionPaths } from './subscription-paths.js';

/** The part of an OpenAPI 3.1 document that is used here. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly object[];
  readonly paths: Paths;
  readonly components: object;
}

/** Every call of the gateway. Kept by hand; a test compares it with the routes that are served. */
export function openApiOf(publicUrl: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox gateway',
      version: '0.1.0',
      description:
        'Publish referral, booking and result events once; every organisation with a grant receives them as they were sent. ' +
        'A 202 means that the event is on disk. Errors are application/problem+json with a stable code.',
    },
    servers: [{ url: publicUrl }],
    security: [{ bearer: [] }],
    paths: {
      ...eventPaths,
      ...deliveryPaths,
      ...subscriptionPaths,
      ...fhirPaths,
      ...repeatPaths,
      ...carePaths,
      ...proofPaths,
      ...stuckPaths,
      ...operatorPaths,
      ...stagePaths,
      ...deadlinePaths,
      ...outagePaths,
      ...peoplePaths,
      ...publicPaths,
    },
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From POST /oauth2/token' },
      },
    },
  };
}
