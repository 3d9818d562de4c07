// Looks at the built site: it must be read without a network. Its search is an index beside the pages that holds every page,
// and no page, script or style loads anything from another host. Links that a reader follows are no loads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What makes a browser load something by itself. */
const loads = [
  /<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc="(?:https?:)?\/\/[^"]*"/g,
  /<link\b(?=[^>]*\brel="[^"]*(?:stylesheet|preload|icon|prefetch|preconnect)[^"]*")[^>]*\bhref="(?:https?:)?\/\/[^"]*"/g,
];
const styleLoads = /(?:@import |url\()["']?(?:https?:)?\/\/[^)"']*/g;

/** What is wrong with a built site, whose pages are named as in `docs`, without `.md`. */
export const siteFaults = (dir: string, pages: readonly string[]): readonly string[] => {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  const read = (file: string) => readFileSync(join(dir, file), 'utf8');
  const index = files.find((file) => /@localSearchIndex[^/]*\.js$/.test(file));
  const indexed = index === undefined ? '' : read(index);
  /** As the index names a page: by its address, with the anchor of a part behind it. */
  const isIndexed = (page: string) => {
    const address = `/${page.replace(/(^|\/)index$/, '$1')}`;
    return indexed.includes(`"${address}#`) || indexed.includes(`"${address}"`);
  };
  const foreign = (file: string) => {
    const text = read(file);
    const patterns = file.endsWith('.html') ? loads : [styleLoads];
    return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => `${file} loads ${found}`));
  };
  return [
    ...(index === undefined ? ['it has no index for a search without a network'] : []),
    ...pages.filter((page) => !files.includes(`${page}.html`)).map((page) => `${page} was not built`),
    ...(index === undefined ? [] : pages.filter((page) => !isIndexed(page))).map((page) => `the search lacks ${page}`),
    ...files.filter((file) => /\.(?:html|css)$/.test(file)).flatMap(foreign),
  ];
};
