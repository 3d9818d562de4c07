// Rules over the links of every text that people read: they lead to a file of this tree, and to a heading that is there under
// the same name on the site (VitePress) and in the repository (GitHub). Links to other hosts are not followed. Never: an
// anchor that only one of the two knows; half of the readers would land at the top of the page.
import { posix } from 'node:path';

const isText = (path) => /^(?:[A-Z]+\.md|docs\/(?!\.).*\.md|deploy\/.*|apps\/.*\.md|libs\/.*\.md)$/.test(path);
const isPage = (path) => path.startsWith('docs/') && path.endsWith('.md');
const withoutCode = (text) => text.replace(/^( *)```[\s\S]*?^\1```$/gm, '').replace(/`[^`\n]*`/g, '');

/** The name of a heading in an address of the site. */
const atSite = (title) =>
  title
    .normalize('NFKD')
    .replace(/[\u0300-\u036F\u0000-\u001f]/g, '')
    .replace(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-+|-+$/g, '')
    .replace(/^(\d)/, '_$1')
    .toLowerCase();
/** The name of a heading in an address of the repository. */
const inRepository = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');

/** The names of the headings of a text, as one of the two makes them; one that comes again is counted. */
const anchors = (text, nameOf) => {
  const seen = new Map();
  const headings = [...text.replace(/^( *)```[\s\S]*?^\1```$/gm, '').matchAll(/^#{1,6} (.*)$/gm)];
  return headings.map(([, heading]) => {
    const name = nameOf(heading.replace(/`|\[|\]\([^)]*\)/g, '').trim());
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
};

const linksOf = (path, text) => [
  ...[...withoutCode(text).matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|(?:href|src)="([^"]+)"/g)].map(([, a, b]) => a ?? b),
  ...(path === 'docs/index.md' ? [...text.matchAll(/\blink: (\/[^\s,}]*)/g)].map(([, link]) => link) : []),
];

/** What is wrong with one link of a text, in words; nothing when it leads somewhere. */
const complaint = (files, path, link) => {
  if (/^[a-z]+:/.test(link)) return /^(?:https?|mailto):/.test(link) ? '' : 'it has a strange scheme';
  const [to, anchor] = link.split('#');
  // The site's own addresses (`/how-to/install`) lead to a page; others to what stands in the tree.
  const page = `docs${to.replace(/\/$/, '/index')}.md`;
  const file = to === '' ? path : to.startsWith('/') ? page : posix.join(posix.dirname(path), to);
  if (to.startsWith('/') && path !== 'docs/index.md') return 'it begins with /, which only the site understands';
  const isFolder = Object.keys(files).some((each) => each.startsWith(file.replace(/\/?$/, '/')));
  if (!(file in files)) return isFolder && anchor === undefined && !isPage(path) ? '' : 'there is no such file';
  if (isPage(path) && !isPage(file)) return 'the site does not show this file';
  if (anchor === undefined) return '';
  if (!anchors(files[file], inRepository).includes(anchor)) return 'the repository has no such heading';
  return isPage(file) && !anchors(files[file], atSite).includes(anchor) ? 'the site has no such heading' : '';
};

/** A wrong page with a link, and the pages that it might lead to. */
const leads = (link) => ({
  'docs/a.md': `[there](${link})`,
  'docs/b.md': '## Open_files, twice\n## Twice\n## Twice\n',
  LICENSE: '',
});
const misleading = ['c.md', 'b.md#thrice', 'b.md#twice-2', 'b.md#open-files-twice', '/b', '#twice', '../LICENSE'];

/** The rules over links, in the shape of `pageRules`. */
export const linkRules = [
  {
    name: 'every link of a text leads to a file of the tree, and to a heading by its name',
    check: (files) =>
      Object.keys(files)
        .filter(isText)
        .flatMap((path) =>
          linksOf(path, files[path]).flatMap((link) => {
            const wrong = complaint(files, path, link);
            return wrong ? [`${path} links ${link}: ${wrong}`] : [];
          }),
        ),
    wrong: misleading.map(leads),
  },
];
