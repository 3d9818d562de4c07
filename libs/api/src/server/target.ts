// The address of a request as it is judged: one host, one path, text without what steers a terminal. Never: a host that is
// looked for in two places.
import type { IncomingMessage } from 'node:http';

const absolute = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * The path that a request is for. A target that names a host as well means that host, whatever `Host` says (RFC 9112,
 * 3.2.2): it takes its place here, so that there is one host to be judged.
 */
export const pathOf = ({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string => {
  const [, host, path = ''] = absolute.exec(url) ?? [];
  if (host === undefined) return url;
  headers.host = host;
  return path.startsWith('/') ? path : `/${path}`;
};

/** How often a request says which host it is for. */
export const hostsIn = ({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): number =>
  rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;

/** What no name, no id and no filter has in it: it could not be shown, and would not be what it seems in a log. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether an address is text: one that begins with a slash, of whole characters, none of which steers a terminal. */
export const isAddress = (url: string): boolean => {
  if (!url.startsWith('/') && url !== '*') return false;
  if (!/[^\x21-\x7e]|%/.test(url)) return true;
  try {
    return !unprintable.test(decodeURIComponent(url));
  } catch {
    return false;
  }
};

/** Whether a text can be kept and shown as it is. `lines`: it may have several. */
export const isPlain = (text: string, lines = false): boolean =>
  !unprintable.test(lines ? text.replace(/[\t\n\r]/g, '') : text);
