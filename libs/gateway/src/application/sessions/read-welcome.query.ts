// The plain page after a sign-in, where there is no other. Never: a text of the caller that was not escaped.
import * as z from 'zod';
import { defineQuery, type PrincipalId } from '@drover/kernel';
import { escaped, html } from '../../domain/html.js';

const signedIn = (sub: PrincipalId) =>
  html(
    'Drover',
    '',
    [
      `<h1>Signed in</h1><p>You are signed in to Drover as ${escaped(sub)}.</p>`,
      '<p><a href="/api/v1/fleet">The fleet</a>, <a href="/api/v1/vms">its machines</a>, <a href="/api/auth/logout">sign out</a></p>',
    ].join(''),
  );

// A browser that follows a sign-in link from another site keeps the cookie back once.
const unknown = html(
  'Drover',
  '',
  [
    '<h1>Not signed in</h1><p>This request came without a session. If you have just followed a sign-in link, ',
    '<a href="/api/auth/welcome">load this page again</a>; else print a link with <code>npm run login-link</code>.</p>',
  ].join(''),
);

/** The plain page that a browser comes to where there is no other: whether it is signed in, and where to go from there. */
export const readWelcome = defineQuery({
  name: 'auth.welcome',
  input: z.strictObject({}),
  needs: () => [],
  handle: async (_input, { sub, rights }) => (rights.length > 0 ? signedIn(sub) : unknown),
});
