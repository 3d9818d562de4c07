import { Controller, Inject, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { answered, Asker, busCommand, busQuery, Input, Route, type Reply, type Request } from '@drover/api';
import { routes, type InputOf, type SessionState, type User } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { signInByLink } from '../application/sessions/sign-in-by-link.command.js';
import { signOut } from '../application/sessions/sign-out.command.js';
import { getSession } from '../application/sessions/get-session.query.js';
import { getUser } from '../application/sessions/get-user.query.js';
import { readWelcome } from '../application/sessions/read-welcome.query.js';

/** Commands and queries as the buses carry them. */
export const SignInByLink = busCommand(signInByLink);
export const SignOut = busCommand(signOut);
export const GetSession = busQuery(getSession);
export const GetUser = busQuery(getUser);
export const ReadWelcome = busQuery(readWelcome);

/** Where a browser is sent when it came or left. */
export const HOME = Symbol('Home');

/**
 * Signing in and out. HEAD asks what GET would answer and does nothing: a link that was only looked at is not used up.
 */
@Controller()
export class AuthController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    @Inject(HOME) private readonly home: string,
  ) {}

  @Route(routes.signInByLink)
  async link(
    @Input() { params }: InputOf<typeof routes.signInByLink>,
    @Asker() actor: Actor,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<void> {
    reply.header('Referrer-Policy', 'no-referrer');
    if (request.method !== 'HEAD') {
      const { setCookie } = answered(await this.commands.execute(new SignInByLink(params, actor)));
      reply.header('Set-Cookie', setCookie);
    }
    reply.header('Location', this.home); // a refusal leads nowhere
  }

  @Route(routes.readWelcome)
  async welcome(@Asker() actor: Actor, @Res() reply: Reply): Promise<void> {
    const { mediaType, body } = answered(await this.queries.execute(new ReadWelcome({}, actor)));
    reply.header('Content-Type', mediaType).send(body);
  }

  @Route(routes.getSession)
  async session(@Asker() actor: Actor): Promise<SessionState> {
    return answered(await this.queries.execute(new GetSession({}, actor)));
  }

  @Route(routes.getUser)
  async user(@Asker() actor: Actor): Promise<User> {
    return answered(await this.queries.execute(new GetUser({}, actor)));
  }

  @Route(routes.leave)
  async leave(@Asker() actor: Actor, @Req() request: Request, @Res({ passthrough: true }) reply: Reply): Promise<void> {
    if (request.method !== 'HEAD') await this.end(actor, reply);
    reply.header('Location', this.home); // a refusal leads nowhere
  }

  @Route(routes.signOut)
  async signOut(@Asker() actor: Actor, @Res({ passthrough: true }) reply: Reply): Promise<void> {
    await this.end(actor, reply);
  }

  private async end(actor: Actor, reply: Reply) {
    const { setCookie } = answered(await this.commands.execute(new SignOut({}, actor)));
    reply.header('Set-Cookie', setCookie);
  }
}
