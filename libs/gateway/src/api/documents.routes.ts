// The routes of OpenAPI, AsyncAPI, the page that shows them, and the meaning of each refusal. Queries read the files; only
// their headers stand here. Never: a script or a style in the page itself, which the policy below would refuse.
import { answered, type Endpoints, type Reply } from '@drover/api';
import type { GatewayDoes } from '../application/gateway.use-cases.js';

/** Files of ours, and nothing that stands in the page itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const sent = (reply: Reply, { mediaType, body }: { readonly mediaType: string; readonly body: string | Buffer }) => {
  reply.header('Content-Type', mediaType);
  return body;
};

/** The generated documents, a page to read them, and what each refusal means. */
export const documentRoutes: Pick<
  Endpoints<'gateway', GatewayDoes>,
  'readDocs' | 'readDocsAsset' | 'getOpenApi' | 'getAsyncApi' | 'readProblem'
> = {
  readDocs: async (_, { actor, reply }, use) => {
    const page = answered(await use.readDocsPage({}, actor));
    return sent(reply.header('Content-Security-Policy', POLICY), page);
  },
  /** The only answers that may be kept: they belong to the release. */
  readDocsAsset: async ({ params }, { actor, reply }, use) => {
    const asset = answered(await use.readDocsAsset(params, actor));
    return sent(reply.header('Cache-Control', 'public, max-age=3600'), asset);
  },
  getOpenApi: async (_, { actor, reply }, use) =>
    sent(reply, answered(await use.readDocument({ document: 'openApi' }, actor))),
  getAsyncApi: async (_, { actor, reply }, use) =>
    sent(reply, answered(await use.readDocument({ document: 'asyncApi' }, actor))),
  readProblem: async ({ params }, { actor, reply }, use) => sent(reply, answered(await use.readProblem(params, actor))),
};
