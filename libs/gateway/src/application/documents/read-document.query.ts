// OpenAPI and AsyncAPI as texts that are made once, and what all queries of documents share. Never: a document made at the
// start, or anew for each request.
import * as z from 'zod';
import { defineQuery, reject } from '@drover/kernel';

/** What the docs are made of: the generated documents, and whether they are served at all. */
export interface DocsPorts {
  readonly documents: { readonly openApi: () => string; readonly asyncApi: () => string };
  readonly apiDocs: boolean;
}

/** Made when it is first asked for, and kept: a start does not pay for it. */
export const onFirstRequest = <Made>(make: () => Made) => {
  let kept: { readonly made: Made } | null = null;
  return () => (kept ??= { made: make() }).made;
};

/** The answer where the documentation is switched off. */
export const switchedOff = () => reject('not_found', 'The documentation is switched off here (DROVER_API_DOCS).');

/** One of the generated documents. */
export const readDocument = defineQuery({
  name: 'docs.document',
  input: z.strictObject({ document: z.enum(['openApi', 'asyncApi']) }),
  needs: () => [],
  handle: async ({ document }, _actor, { documents, apiDocs }: DocsPorts) =>
    apiDocs ? { mediaType: 'application/json; charset=utf-8', body: documents[document]() } : switchedOff(),
});
