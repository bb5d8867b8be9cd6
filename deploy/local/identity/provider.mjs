/**
 * A provider of identities for one machine: OpenID Connect as any other provider speaks it, but whoever sits at the machine
 * says who they are, on one page. It listens on loopback and nowhere else.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';
import { choicePage, errorPage, ICON, leavePage, leftPage, styles } from './pages.mjs';
import { PEOPLE } from './people.mjs';

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 * @typedef {{ issuer: string, console: string, clientId: string, clientSecret: string }} IdentityOptions
 */

const FORM_MOST_BYTES = 4_096;
const INTERACTION = /^\/interaction\/[A-Za-z0-9_-]{1,64}$/;

/**
 * Nothing from elsewhere, no script. A form may lead to the console, which is where signing in and out end.
 * @param {string} console
 */
const headersOf = (console) => ({
  'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${new URL(console).origin}; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
});

/** @param {IdentityOptions} options @returns {import('oidc-provider').Configuration} */
function configurationOf({ console, clientId, clientSecret }) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${console}/sign-in/callback`],
        post_logout_redirect_uris: [`${console}/sign-in`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'identity', alg: 'ES256', use: 'sig' }] },
    scopes: ['openid'],
    // How somebody has signed in is part of who they are: values are shown only to who proved it with two factors.
    claims: { openid: ['sub', 'amr'] },
    pkce: { required: () => true },
    // Cookies of all ports of a host are sent to each of them: these names are nobody else's.
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: {
        session: 'signalbox_identity',
        interaction: 'signalbox_identity_asking',
        resume: 'signalbox_identity_answer',
      },
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => void Object.assign(ctx, { type: 'html', body: leavePage(form) }),
        postLogoutSuccessSource: (ctx) => void Object.assign(ctx, { type: 'html', body: leftPage(console) }),
      },
    },
    interactions: {
      url: (/** @type {unknown} */ _ctx, /** @type {{ uid: string }} */ { uid }) => `/interaction/${uid}`,
    },
    findAccount: (/** @type {unknown} */ _ctx, /** @type {string} */ sub) =>
      PEOPLE.some(({ subject }) => subject === sub) ? { accountId: sub, claims: () => ({ sub }) } : undefined,
    loadExistingGrant,
    renderError: (ctx) => void Object.assign(ctx, { type: 'html', body: errorPage(console) }),
    ttl: { Session: 28_800, Grant: 28_800, Interaction: 600, IdToken: 300, AccessToken: 300 },
  };
}

/**
 * There is one console and nothing but an identity is given to it: nobody has to consent.
 * @param {any} ctx of oidc-provider
 */
async function loadExistingGrant(ctx) {
  const { provider, client, session } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const found = known && (await provider.Grant.find(known));
  if (found) return found;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}

/** @param {Request} request @returns {Promise<URLSearchParams>} */
async function formOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_MOST_BYTES) break;
  }
  return new URLSearchParams(text);
}

/** @param {Response} response @param {number} status @param {string} page */
function send(response, status, page) {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}

/**
 * @param {IdentityOptions} options
 * @returns {(request: Request, response: Response) => void} what answers its requests
 */
export function identityProvider(options) {
  const provider = new Provider(options.issuer, configurationOf(options));
  const answer = provider.callback();
  const headers = Object.entries(headersOf(options.console));

  /** @param {Request} request @param {Response} response */
  const interact = async (request, response) => {
    // Whoever has no interaction of their own has no page here.
    await provider.interactionDetails(request, response);
    if (request.method !== 'POST') return send(response, 200, choicePage(request.url ?? '/', options.console));
    const form = await formOf(request);
    const person = PEOPLE.find(({ subject }) => subject === form.get('person'));
    if (person === undefined) return send(response, 400, errorPage(options.console));
    const strong = form.get('factors') === 'two';
    const login = { accountId: person.subject, amr: strong ? ['pwd', 'mfa'] : ['pwd'], remember: false };
    await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  };

  const { host } = new URL(options.issuer);
  return (request, response) => {
    // A page of elsewhere whose name was made to lead to this machine gets no answer.
    if (request.headers.host !== host) return void response.writeHead(421).end();
    for (const [name, value] of headers) response.setHeader(name, value);
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/style.css') return void response.writeHead(200, { 'content-type': 'text/css' }).end(styles());
    if (path === '/icon.svg') return void response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(ICON);
    if (path === '/health') return void response.writeHead(200).end();
    if (!INTERACTION.test(path)) return void answer(request, response);
    interact(request, response).catch(() => send(response, 400, errorPage(options.console)));
  };
}
