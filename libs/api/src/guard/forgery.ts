// Whether a change that a cookie vouches for comes from our own pages. Never: SameSite alone as the reason to believe it.

/** The methods that change nothing. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a request says of where it comes from. */
export interface Provenance {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The origin that Drover is served from. */
  readonly origin: string;
  /** Paths of the source documents do not ask for the header that a form cannot send. */
  readonly source: boolean;
  /** Whether a GET changes something here. */
  readonly acts?: boolean;
}

const ELSEWHERE = 'It does not come from the pages of Drover.';

/**
 * Why a change that a cookie vouches for may be forged by another site; nothing if it may not. SameSite alone is not
 * enough: the browser must say that it comes from our pages (Sec-Fetch-Site, Origin), and the body must be one that no form
 * sends. An Origin of `null` says nothing: pages without a Referrer send it, ours among them.
 */
export const forgedBecause = ({ method, headers, origin, source, acts = false }: Provenance): string | null => {
  const { 'sec-fetch-site': site, origin: said, host } = headers;
  const from = said === 'null' ? undefined : said;
  // The Host header was checked against ours before, so an Origin of the same host is ours, too: loopback has many names.
  const foreign = from !== undefined && from !== origin && from.replace(/^https?:\/\//, '') !== host;
  if (safe.has(method)) {
    if (!acts) return null;
    // An address that was typed comes from nowhere (`none`), and a link says no Origin.
    return (site && site !== 'same-origin' && site !== 'none') || foreign ? ELSEWHERE : null;
  }
  if (site ? site !== 'same-origin' : from === undefined) return ELSEWHERE;
  if (foreign)
    return site
      ? `Its Origin is ${from.slice(0, 100)}, and Drover is served from ${origin}. Behind a proxy, DROVER_PUBLIC_URL says the address that browsers see.`
      : ELSEWHERE;
  const type = headers['content-type'];
  if (type && !/^application\/([\w.+-]+\+)?json\b/.test(type)) return 'Its body is not JSON.';
  if (!source && headers['x-drover-csrf'] !== '1') return 'The header X-Drover-CSRF: 1 is missing.';
  return null;
};
