// Signing in, the session, and signing out, over HTTP: cookies and redirects are set here, sessions are kept behind the use
// cases. Never: a redirect to where the request says, or anything done for HEAD.
import { answered, type Endpoints, type Exchange } from '@drover/api';
import type { GatewayDoes } from '../application/gateway.use-cases.js';

const left = async ({ actor, reply }: Exchange, { signOut }: GatewayDoes) => {
  const { setCookie } = answered(await signOut({}, actor));
  reply.header('Set-Cookie', setCookie);
};

/**
 * Signing in and out. HEAD asks what GET would answer and does nothing: a link that was only looked at is not used up.
 * `home`: where a browser is sent when it came or left.
 */
export const sessionRoutes = (
  home: string,
): Pick<
  Endpoints<'gateway', GatewayDoes>,
  'signInByLink' | 'readWelcome' | 'getSession' | 'getUser' | 'leave' | 'signOut'
> => ({
  signInByLink: async ({ params }, { actor, request, reply }, use) => {
    reply.header('Referrer-Policy', 'no-referrer');
    if (request.method !== 'HEAD') {
      const { setCookie } = answered(await use.signInByLink(params, actor));
      reply.header('Set-Cookie', setCookie);
    }
    reply.header('Location', home); // a refusal leads nowhere
  },
  readWelcome: async (_, { actor, reply }, use) => {
    const { mediaType, body } = answered(await use.readWelcome({}, actor));
    reply.header('Content-Type', mediaType);
    return body;
  },
  getSession: async (_, { actor }, use) => answered(await use.getSession({}, actor)),
  getUser: async (_, { actor }, use) => answered(await use.getUser({}, actor)),
  leave: async (_, exchange, use) => {
    if (exchange.request.method !== 'HEAD') await left(exchange, use);
    exchange.reply.header('Location', home); // a refusal leads nowhere
  },
  signOut: (_, exchange, use) => left(exchange, use),
});
