import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { problems, isProblemCode } from '@drover/contracts';
import { defineQuery, reject } from '@drover/kernel';

/** What the docs are made of: the generated documents as text, and whether they are served at all. */
export interface DocsPorts {
  readonly documents: { readonly openApi: string; readonly asyncApi: string };
  readonly apiDocs: boolean;
}

/** Something to send as it is. */
export interface Document {
  readonly mediaType: string;
  readonly body: string | Buffer;
}

const switchedOff = () => reject('not_found', 'The documentation is switched off here (DROVER_API_DOCS).');
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const html = (title: string, head: string, body: string): Document => ({
  mediaType: 'text/html; charset=utf-8',
  body: [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>${head}</head>`,
    `<body>${body}</body></html>`,
    '',
  ].join('\n'),
});

// No line of script or style stands in the page itself, so its policy allows files of ours and nothing else.
const page = html(
  'Drover API',
  '<link rel="stylesheet" href="/api/docs/swagger-ui.css"><link rel="icon" href="/api/docs/favicon-32x32.png">',
  [
    '<div id="swagger-ui"></div>',
    '<script src="/api/docs/swagger-ui-bundle.js"></script>',
    '<script src="/api/docs/start.js"></script>',
  ].join(''),
);

/** The header with which the door asks for more than a form can send goes with every trial. */
const start = `window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  requestInterceptor: (request) => {
    request.headers['X-Drover-CSRF'] = '1';
    return request;
  },
});
`;

const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};
const kept = new Map<string, Promise<Buffer>>();
const asset = (file: string) => {
  const path = createRequire(import.meta.url).resolve(`swagger-ui-dist/${file}`);
  const found = kept.get(file) ?? readFile(path);
  kept.set(file, found);
  return found;
};

/** The page that shows the OpenAPI document, to read and to try. */
export const readDocsPage = defineQuery({
  name: 'docs.page',
  input: z.strictObject({}),
  needs: () => [],
  handle: async (_input, _actor, { apiDocs }: DocsPorts) => (apiDocs ? page : switchedOff()),
});

/** A script or style of the page. */
export const readDocsAsset = defineQuery({
  name: 'docs.asset',
  input: z.strictObject({ file: z.string() }),
  needs: () => [],
  async handle({ file }, _actor, { apiDocs }: DocsPorts) {
    if (!apiDocs) return switchedOff();
    if (file === 'start.js') return { mediaType: 'text/javascript; charset=utf-8', body: start };
    const mediaType = Object.hasOwn(assets, file) ? assets[file] : undefined;
    if (mediaType === undefined) return reject('not_found', 'The page has no such file.');
    return { mediaType, body: await asset(file) };
  },
});

/** One of the generated documents. */
export const readDocument = defineQuery({
  name: 'docs.document',
  input: z.strictObject({ document: z.enum(['openApi', 'asyncApi']) }),
  needs: () => [],
  handle: async ({ document }, _actor, { documents, apiDocs }: DocsPorts) =>
    apiDocs ? { mediaType: 'application/json; charset=utf-8', body: documents[document] } : switchedOff(),
});

/** What a refusal means, and what to do: the page that a problem's `type` leads to. */
export const readProblem = defineQuery({
  name: 'docs.problem',
  input: z.strictObject({ code: z.string() }),
  needs: () => [],
  async handle({ code }) {
    if (!isProblemCode(code)) return reject('not_found', 'There is no such problem.');
    const [status, title, retryable, hint] = problems[code];
    const again = retryable ? 'The same request may succeed later.' : 'The same request will be refused again.';
    return html(
      title,
      '',
      `<h1>${escaped(title)}</h1><p><code>${code}</code>, status ${status}</p><p>${escaped(hint)}</p><p>${again}</p>`,
    );
  },
});
