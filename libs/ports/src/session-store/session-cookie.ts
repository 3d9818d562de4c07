// The cookie of a session: how it is set, taken away and read. Never: a cookie that scripts or other sites can read or send.

/** The session's cookie. Over HTTPS its prefix binds it to this host; plain HTTP exists on loopback only. */
const cookieName = (secure: boolean) => (secure ? '__Host-drover_sid' : 'drover_sid');

const attributes = (secure: boolean) => `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

/** Sets the cookie for as long as the session lives. */
export const sessionCookie = (secret: string, seconds: number, secure: boolean) =>
  `${cookieName(secure)}=${secret}; Max-Age=${Math.max(0, Math.floor(seconds))}; ${attributes(secure)}`;

/** Takes the cookie away. */
export const noCookie = (secure: boolean) => `${cookieName(secure)}=; Max-Age=0; ${attributes(secure)}`;

/** How many cookies of one name are looked at: each costs a look into the store. */
const MOST = 4;

/** The secrets that a browser sends, in its order: another path or an older Drover may have set a cookie of the same name. */
export const sessionSecretsIn = (header: string | undefined, secure: boolean): readonly string[] => {
  const name = `${cookieName(secure)}=`;
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(name) && pair.length > name.length)
    .slice(0, MOST)
    .map((pair) => pair.slice(name.length));
};
