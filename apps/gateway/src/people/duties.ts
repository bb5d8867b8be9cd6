import { Refusal } from '@signalbox/contracts';
import { isPersonId, type Principal, type Registry, type Role, rolesOf } from '@signalbox/registry';

/**
 * What somebody must be for a call that the console makes for them. `nobody`: systems alone make it, for it sends events or
 * gives out their content, which people see by breaking the glass and in no other way.
 */
export type Duty = Role | 'nobody';

/**
 * Every call that needs a token. One that is not here is closed to people: a call that is added tomorrow is nobody's until
 * it has a row, and a test says so. What an application of the same organisation could not do stays refused where it is
 * decided; this wall stands before it.
 */
export const DUTIES: Readonly<Record<string, Duty>> = {
  'POST /events': 'nobody',
  'POST /events/validate': 'nobody',
  'GET /events/:id': 'viewer',
  'GET /events/:id/recipients': 'viewer',
  'POST /events/:id/recipients/handled': 'operator',
  'GET /journeys/:id': 'viewer',
  'GET /reconciliation': 'viewer',
  'GET /statements/:date': 'viewer',
  'GET /work-items': 'viewer',
  'POST /deliveries/query': 'viewer',

  'POST /subscriptions': 'nobody',
  'GET /subscriptions': 'viewer',
  'GET /subscriptions/:id': 'viewer',
  'PATCH /subscriptions/:id': 'nobody',
  'DELETE /subscriptions/:id': 'nobody',
  'POST /subscriptions/:id/pause': 'operator',
  'POST /subscriptions/:id/resume': 'operator',
  'POST /subscriptions/:id/pull': 'nobody',
  'POST /subscriptions/:id/ack': 'nobody',
  'GET /subscriptions/:id/stream': 'nobody',
  'POST /subscriptions/test-filter': 'nobody',
  'GET /subscriptions/:id/health': 'viewer',
  'POST /subscriptions/:id/test': 'operator',
  'POST /subscriptions/:id/rotate-secret': 'nobody',
  'GET /subscriptions/:id/deliveries': 'viewer',
  'GET /subscriptions/:id/deliveries/attempts': 'viewer',
  'POST /subscriptions/:id/replay': 'operator',
  'GET /subscriptions/:id/replays': 'viewer',
  'GET /subscriptions/:id/replays/:replay': 'viewer',
  'DELETE /subscriptions/:id/replays/:replay': 'operator',
  'POST /subscriptions/:id/seek': 'nobody',
  'GET /stuck': 'viewer',
  'GET /stuck/group': 'viewer',
  'POST /stuck/act': 'operator',
  'POST /events/handled': 'operator',
  'POST /events/hand-over': 'operator',
  'GET /subscriptions/:id/parked': 'viewer',
  'POST /subscriptions/:id/parked/retry': 'operator',
  'POST /subscriptions/:id/parked/park': 'operator',
  'POST /subscriptions/:id/parked/hand-over': 'operator',
  'POST /subscriptions/:id/parked/handled': 'operator',
  'GET /actions': 'viewer',
  'POST /actions/:id/approve': 'operator',
  'POST /actions/:id/reject': 'operator',

  'POST /fhir/Subscription': 'nobody',
  'GET /fhir/Subscription': 'nobody',
  'GET /fhir/Subscription/$status': 'nobody',
  'GET /fhir/Subscription/:id': 'nobody',
  'PUT /fhir/Subscription/:id': 'nobody',
  'DELETE /fhir/Subscription/:id': 'nobody',
  'GET /fhir/Subscription/:id/$status': 'nobody',
  'GET /fhir/Subscription/:id/$events': 'nobody',
  'GET /fhir/Bundle/:id': 'nobody',

  'POST /organisations': 'administrator',
  'GET /organisations': 'administrator',
  'GET /organisations/:ods': 'administrator',
  'PATCH /organisations/:ods': 'administrator',
  'POST /organisations/:ods/applications': 'administrator',
  'GET /organisations/:ods/applications': 'administrator',
  'PATCH /organisations/:ods/applications/:id': 'administrator',
  'POST /organisations/:ods/grants': 'administrator',
  'GET /organisations/:ods/grants': 'administrator',
  'DELETE /organisations/:ods/grants/:id': 'administrator',
  'GET /organisations/:ods/deadlines': 'viewer',
  'PUT /organisations/:ods/deadlines/:type/:clock': 'administrator',
  'DELETE /organisations/:ods/deadlines/:type/:clock': 'administrator',
  'GET /organisations/:ods/stages': 'viewer',
  'GET /organisations/:ods/stages/:type': 'viewer',
  'GET /organisations/:ods/stages/:type/impact': 'viewer',
  'PUT /organisations/:ods/stages/:type': 'administrator',
  'DELETE /organisations/:ods/stages/:type': 'administrator',
  'POST /organisations/:ods/outages': 'operator',
  'GET /organisations/:ods/outages': 'viewer',
  'POST /organisations/:ods/outages/:id/end': 'operator',
  'POST /organisations/:ods/people': 'administrator',
  'GET /organisations/:ods/people': 'administrator',
  'PATCH /organisations/:ods/people/:id': 'administrator',
  'DELETE /organisations/:ods/people/:id': 'administrator',
};

/**
 * Refuses the console a call that is not for people, and a person a call that their roles do not reach.
 *
 * @param route method and pattern of the call
 * @throws {Refusal} SB-3005
 */
export function refuseUnfit(principal: Principal, route: string, registry: Pick<Registry, 'person'>): void {
  if (principal.console !== true) return;
  const duty = dutyOf(route);
  if (duty === 'nobody') throw new Refusal('SB-3005', 'This call is for systems and not for the console');
  if (!isPersonId(principal.application)) return;
  const person = registry.person(principal.ods, principal.application);
  if (person === undefined || !rolesOf(person).has(duty)) {
    throw new Refusal('SB-3005', `This needs the role ${duty}`);
  }
}

/** Whoever may GET may ask with HEAD. */
function dutyOf(route: string): Duty {
  return DUTIES[route.replace(/^HEAD /, 'GET ')] ?? 'nobody';
}
