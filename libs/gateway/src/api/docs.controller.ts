import { Controller, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busQuery, Input, Route, type Reply } from '@drover/api';
import { routes, type InputOf } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { readDocsAsset, readDocsPage } from '../application/documents/read-docs.query.js';
import { readDocument } from '../application/documents/read-document.query.js';
import { readProblem } from '../application/documents/read-problem.query.js';

/** The queries as the bus carries them. */
export const ReadDocsPage = busQuery(readDocsPage);
export const ReadDocsAsset = busQuery(readDocsAsset);
export const ReadDocument = busQuery(readDocument);
export const ReadProblem = busQuery(readProblem);

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

const send = (reply: Reply, { mediaType, body }: { readonly mediaType: string; readonly body: string | Buffer }) =>
  reply.header('Content-Type', mediaType).send(body);

/** The generated documents, a page to read them, and what each refusal means. */
@Controller()
export class DocsController {
  constructor(private readonly queries: QueryBus) {}

  @Route(routes.readDocs)
  async page(@Asker() actor: Actor, @Res() reply: Reply): Promise<void> {
    const page = answered(await this.queries.execute(new ReadDocsPage({}, actor)));
    send(reply.header('Content-Security-Policy', POLICY), page);
  }

  /** The only answers that may be kept: they belong to the release. */
  @Route(routes.readDocsAsset)
  async asset(
    @Input() { params }: InputOf<typeof routes.readDocsAsset>,
    @Asker() actor: Actor,
    @Res() reply: Reply,
  ): Promise<void> {
    const asset = answered(await this.queries.execute(new ReadDocsAsset(params, actor)));
    send(reply.header('Cache-Control', 'public, max-age=3600'), asset);
  }

  @Route(routes.getOpenApi)
  async openApi(@Asker() actor: Actor, @Res() reply: Reply): Promise<void> {
    send(reply, answered(await this.queries.execute(new ReadDocument({ document: 'openApi' }, actor))));
  }

  @Route(routes.getAsyncApi)
  async asyncApi(@Asker() actor: Actor, @Res() reply: Reply): Promise<void> {
    send(reply, answered(await this.queries.execute(new ReadDocument({ document: 'asyncApi' }, actor))));
  }

  @Route(routes.readProblem)
  async problem(
    @Input() { params }: InputOf<typeof routes.readProblem>,
    @Asker() actor: Actor,
    @Res() reply: Reply,
  ): Promise<void> {
    send(reply, answered(await this.queries.execute(new ReadProblem(params, actor))));
  }
}
