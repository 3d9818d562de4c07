// Opens the sockets of a connection: resolve, check, dial, judge the certificate. Never: a socket handed over before all of
// it was done, or a TLS session that is resumed, which shows no certificate.
import type { ConnectionTarget } from '@drover/kernel';
import { OutboundFault } from '@drover/ports';
import { buildConnector } from 'undici';
import { isAboutCertificate, trust, unpinned } from './certificate.undici.js';
import { answering, checkedAddresses, type Resolve } from './resolve.undici.js';

const CONNECT_MS = 10_000;

/** Why no connection came about. Whatever it was, nothing was sent. */
const connectFault = (error: unknown) => {
  if (error instanceof OutboundFault) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const what = isAboutCertificate(code) ? 'certificate_refused' : 'unreachable';
  // The sum of several tries (one per address) has no sentence of its own.
  return new OutboundFault(what, message || code || 'no address answered', 'no', { cause: error });
};

/**
 * Opens the sockets of one connection: resolves once, checks all addresses, dials a checked one, judges the
 * certificate. A socket that fails any of it is never handed over, so no byte of a request reaches the other side.
 */
export const connectorOf = (target: ConnectionTarget, resolve: Resolve): buildConnector.connector => {
  const open = async (options: buildConnector.Options) => {
    const addresses = await checkedAddresses(new URL(`${options.protocol}//${options.host}`), target.allow, resolve);
    // Sessions are not resumed: a resumed one shows no certificate to compare.
    const settings = { timeout: CONNECT_MS, maxCachedSessions: 0, lookup: answering(addresses) };
    return buildConnector({ ...(await trust(target.tls)), ...settings });
  };
  return (options, done) =>
    void open(options).then(
      (connect) =>
        connect(options, (...[error, socket]) => {
          if (!socket) return done(connectFault(error), null);
          const fault = unpinned(target.tls, socket);
          if (!fault) return done(null, socket);
          socket.destroy();
          done(fault, null);
        }),
      (error: unknown) => done(connectFault(error), null),
    );
};
