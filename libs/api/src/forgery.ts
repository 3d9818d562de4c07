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

/**
 * Why a change that a cookie vouches for may be forged by another site; nothing if it may not. SameSite alone is not
 * enough: the browser's own word (Sec-Fetch-Site), else the Origin, must be ours, and the body must be one that no form sends.
 */
export const forgedBecause = ({ method, headers, origin, source, acts = false }: Provenance): string | null => {
  const { 'sec-fetch-site': site, origin: from, host } = headers;
  // The Host header was checked against ours before, so an Origin of the same host is ours, too: loopback has many names.
  const ours = from !== undefined && (from === origin || from.replace(/^https?:\/\//, '') === host);
  const elsewhere = 'It does not come from the pages of Drover.';
  if (safe.has(method)) {
    if (!acts) return null;
    // An address that was typed comes from nowhere (`none`), and a link says no Origin.
    return (site && site !== 'same-origin' && site !== 'none') || (from !== undefined && !ours) ? elsewhere : null;
  }
  if (site ? site !== 'same-origin' : !ours) return elsewhere;
  const type = headers['content-type'];
  if (type && !/^application\/([\w.+-]+\+)?json\b/.test(type)) return 'Its body is not JSON.';
  if (!source && headers['x-drover-csrf'] !== '1') return 'The header X-Drover-CSRF: 1 is missing.';
  return null;
};
