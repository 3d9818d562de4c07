/** The session's cookie. Over HTTPS its prefix binds it to this host; plain HTTP exists on loopback only. */
const cookieName = (secure: boolean) => (secure ? '__Host-drover_sid' : 'drover_sid');

const attributes = (secure: boolean) => `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

/** Sets the cookie for as long as the session lives. */
export const sessionCookie = (id: string, seconds: number, secure: boolean) =>
  `${cookieName(secure)}=${id}; Max-Age=${Math.max(0, Math.floor(seconds))}; ${attributes(secure)}`;

/** Takes the cookie away. */
export const noCookie = (secure: boolean) => `${cookieName(secure)}=; Max-Age=0; ${attributes(secure)}`;

/** The id that a browser sends; null when it sends none. */
export const sessionIdIn = (header: string | undefined, secure: boolean): string | null => {
  const name = `${cookieName(secure)}=`;
  const found = header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(name));
  return found?.slice(name.length) || null;
};
