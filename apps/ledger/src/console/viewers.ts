import { randomUUID } from 'node:crypto';
import { Refusal } from '@signalbox/contracts';
import { type Actor, type Registry, rolesOf, type TokenVerifier } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../journeys/sight.js';
import { type Role, ROLES } from '../people/roles.js';
import type { Session, Sessions } from './session.js';

/** Somebody who is known, and what they may see. */
export interface Known {
  readonly ods: string;
  readonly application: string;
  readonly viewer: Viewer;
  /** What they may do for their organisation; an application may do what its grants say, which is asked where it acts. */
  readonly roles: ReadonlySet<Role>;
  /** Whether they may act for any organisation, not only see it: the gateway judges by the same rule. */
  readonly actsForAll: boolean;
  /** Of a person, as the registry has it. */
  readonly name?: string;
  /** Whether their provider of identities says that they proved who they are by more than one factor. */
  readonly assured: boolean;
}

/** @throws Refusal SB-3005 for somebody without the role */
export function requireRole({ roles }: Pick<Known, 'roles'>, role: Role): void {
  if (!roles.has(role)) throw new Refusal('SB-3005', `This needs the role ${role}`);
}

/** What {@link Viewers} is made of. */
export interface ViewersParts {
  readonly registry: Pick<Registry, 'actsForAll' | 'allows' | 'isActive' | 'person'>;
  readonly verifier: Pick<TokenVerifier, 'verify'>;
  readonly sessions: Sessions;
  /** How long somebody stays signed in at most, and without asking for a page. */
  readonly sessionMs: number;
  readonly idleMs: number;
}

/** A cookie is not sent anew with every page, but before it is this much older. */
const RENEW_MS = 30_000;

/** Knows who is asking, by bearer token or by the console's cookie. */
export class Viewers {
  constructor(private readonly parts: ViewersParts) {}

  /** @throws Refusal SB-3001, SB-3002, SB-3003, SB-3007 */
  async of(request: FastifyRequest): Promise<Known> {
    const { authorization, cookie } = request.headers;
    const session = authorization === undefined ? this.parts.sessions.read(cookie) : undefined;
    if (session !== undefined) return this.#ofSession(session);
    const { ods, application } = await this.parts.verifier.verify(authorization);
    return this.#known({ ods, application });
  }

  /** Whoever has a session that holds; undefined for nobody, and for programs. For the frame of pages, not for what is in them. */
  ofCookie({ headers }: FastifyRequest): Known | undefined {
    const session = headers.authorization === undefined ? this.parts.sessions.read(headers.cookie) : undefined;
    if (session === undefined || !this.parts.registry.isActive(session)) return undefined;
    return this.#ofSession(session);
  }

  /** The session of somebody who shows a token. @throws what verifying it throws */
  async signIn(token: string): Promise<Session> {
    const { ods, application, expires } = await this.parts.verifier.verify(`Bearer ${token}`);
    const session = this.begun({ ods, application });
    return { ...session, expires: Math.min(expires, session.expires) };
  }

  /** A session that begins now. */
  begun(who: Pick<Session, 'ods' | 'application' | 'assured'>, now = Date.now()): Session {
    return { ...who, id: randomUUID(), expires: now + this.parts.sessionMs, idle: now + this.parts.idleMs };
  }

  /**
   * The `Set-Cookie` header that lets the session of a request go on: somebody has asked for a page. What an open page asks
   * for by itself does not count, or nobody would ever be away.
   */
  goesOn({ headers }: FastifyRequest, now = Date.now()): string | undefined {
    const session = this.parts.sessions.read(headers.cookie, now);
    const byItself = (headers['sec-fetch-dest'] ?? 'document') !== 'document';
    if (session === undefined || byItself || headers.authorization !== undefined) return undefined;
    const idle = now + this.parts.idleMs;
    return idle - session.idle < RENEW_MS ? undefined : this.parts.sessions.cookieOf({ ...session, idle }, now);
  }

  #ofSession(session: Session): Known {
    if (!this.parts.registry.isActive(session)) throw new Refusal('SB-3007');
    return this.#known(session, session.assured === true);
  }

  #known({ ods, application }: Actor, assured = false): Known {
    const { registry } = this.parts;
    const actor = { ods, application };
    const person = registry.person(ods, application);
    const actsForAll = registry.actsForAll(actor);
    const all = actsForAll || registry.allows(actor, 'trace', '*') !== undefined;
    const ofApplication = new Set<Role>(actsForAll ? ROLES : ['viewer', 'operator']);
    const roles = person === undefined ? ofApplication : rolesOf(person);
    const name = person === undefined ? {} : { name: person.name };
    return { ...actor, viewer: all ? { all } : { all, ods }, roles, assured, actsForAll, ...name };
  }
}

/**
 * A form must come from our own pages: browsers say where it comes from, and do not send the cookie with one from elsewhere.
 *
 * @throws Refusal SB-3005
 */
export function refuseForeignForm(request: FastifyRequest): void {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const foreign =
    site !== undefined ? site !== 'same-origin' && site !== 'none' : origin !== undefined && !sameHost(origin, host);
  if (foreign) throw new Refusal('SB-3005', 'The form was sent from another site');
}

function sameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
