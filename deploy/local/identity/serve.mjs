/** Runs the development provider of identities as a process of the house. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { identityProvider } from './provider.mjs';

/** Whoever reaches it may be anybody: only this machine may. */
const HOST = '127.0.0.1';

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
}

try {
  const host = process.env['SIGNALBOX_IDENTITY_HOST'] || HOST;
  if (host !== HOST) throw new Error(`The development provider listens on ${HOST} and nowhere else.`);
  if (process.env['SIGNALBOX_ENVIRONMENT'] === 'production')
    throw new Error('The development provider does not run in production.');
  const port = Number(setting('SIGNALBOX_IDENTITY_PORT'));
  const answer = identityProvider({
    issuer: `http://${HOST}:${port}`,
    console: setting('SIGNALBOX_LEDGER_URL'),
    clientId: setting('SIGNALBOX_OIDC_CLIENT_ID'),
    clientSecret: readFileSync(setting('SIGNALBOX_OIDC_CLIENT_SECRET_FILE'), 'utf8').trim(),
  });
  const server = createServer(answer);
  server.listen(port, HOST, () => console.log(`people may choose who they are at http://${HOST}:${port}`));
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
