// The page that shows the OpenAPI document, and its files, which come from the installed package and are kept in memory.
// Never: answer with a file that is not in the table, or put script or style into the page; its policy allows none.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as z from 'zod';
import { defineQuery, reject } from '@drover/kernel';
import { html } from '../../domain/html.js';
import { switchedOff, type DocsPorts } from './read-document.query.js';

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
