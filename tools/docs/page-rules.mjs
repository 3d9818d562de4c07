// Rules over the pages of docs, in the shape of tools/architecture/tree.mjs: from files to complaints, each with a wrong tree
// that it must complain about. They read text alone: what a page does is run by apps/stories/src/docs.story.ts and by the story
// that is named after the page. Never: a rule that a page can pass by having nothing in it.
import { basename, posix } from 'node:path';
import { parse } from 'yaml';
import { roles } from '../architecture/house-plugin.mjs';
import { checkOf, commandsOf } from './page-commands.ts';

const isPage = (path) => /^docs\/(?!\.).*\.md$/.test(path);
const pages = (files) => Object.keys(files).filter(isPage);
/** The texts at the root of the repository have commands, too. */
const texts = (files) => Object.keys(files).filter((path) => isPage(path) || /^[A-Z]+\.md$/.test(path));

/** The kind of the pages of a folder: what a reader may expect of them. */
const kinds = { start: 'tutorial', 'how-to': 'how-to', reference: 'reference', concepts: 'why', why: 'why', '': 'why' };
const folderOf = (path) => /^docs\/(?:([^/]+)\/)?/.exec(path)[1] ?? '';

const fence = /^( *)```([^\n]*)\n([\s\S]*?)^\1```$/gm;
const parsed = {
  json: (text) => JSON.parse(text.replaceAll(', …', '')), // `…` stands for members that were left out
  yaml: (text) => parse(text),
};

/** What becomes of each block of a page: `how` it is checked, or what is `wrong` with it. */
const blocksOf = (files, path) => {
  const text = files[path];
  const applied = `apps/stories/src/${basename(path, '.md')}.story.ts` in files;
  const fenced = [...text.matchAll(fence)].flatMap(({ 1: indent, 2: info, 3: body, index }) => {
    const [language] = info.trim().split(/ +/);
    const before = text.slice(0, index);
    if (/^(?:sh|bash|shell|console)$/.test(language)) return []; // they are judged below
    if (language === 'mermaid') return { how: 'drawn' };
    if (applied && /(?:Create|Change) `[^`\n]+`[^\n]*:\n\n?$/.test(before))
      return { how: 'applied to a copy of the tree' };
    if (/^ *(?:\$|curl|drover|git|npm|npx|sudo) /m.test(body))
      return { wrong: `commands that say they are ${language}` };
    if (language === 'nginx')
      return Object.keys(files).some((file) => file.endsWith('.story.ts') && files[file].includes(path))
        ? { how: 'run by another test' }
        : { wrong: 'a configuration that no story runs' };
    if (language === 'text') return { how: 'shown as it is written' };
    if (!(language in parsed))
      return { wrong: `${language || 'a block without a language'} that nobody compiles or runs` };
    try {
      parsed[language](body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
      return { how: 'parsed' };
    } catch (error) {
      return { wrong: `${language} that cannot be parsed: ${error.message}` };
    }
  });
  const included = [...text.matchAll(/^<<< (\.\/\S+)$/gm)].map(([, beside]) => {
    const file = posix.join(posix.dirname(path), beside);
    if (!(file in files)) return { wrong: `${beside}, which is not there` };
    return applied ? { how: 'included from a compiled file' } : { wrong: `${beside}, which no story compiles` };
  });
  return [...fenced, ...commandsOf(path, text).map((each) => checkOf(each, files)), ...included];
};

/** How the blocks of all pages are checked, and how many of each: a line for whoever runs the house rules. */
export const blockCounts = (files) => {
  const counts = {};
  for (const path of texts(files))
    for (const { how = 'wrong' } of blocksOf(files, path)) counts[how] = (counts[how] ?? 0) + 1;
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([how, count]) => `${count} ${how}`)
    .join(', ');
};

const HOUSE = 'docs/why/house.md';
const section = (files, title) => {
  const [, after = ''] = (files[HOUSE] ?? '').split(`\n## ${title}\n`);
  return after.split('\n## ')[0];
};
/** The rows of a table, as cells; without its head. */
const rowsOf = (text) =>
  [...text.matchAll(/^\| (.*) \|$/gm)]
    .map(([, row]) => row.split(' | '))
    .filter(([first], i) => i > 0 && !/^-/.test(first));
const quoted = (text) => [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

export const pageRules = [
  {
    name: 'every page of the docs says its kind, which is that of its folder',
    check: (files) =>
      pages(files).flatMap((path) => {
        const kind = /^---\n(?:[^\n]*\n)*?kind: ([^\n]*)\n(?:[^\n]*\n)*?---\n/.exec(files[path])?.[1];
        const expected = kinds[folderOf(path)];
        if (expected === undefined) return [`${path} stands in a folder without a kind`];
        return kind === expected ? [] : [`${path} says ${kind ?? 'no kind'}, and its folder has ${expected}`];
      }),
    wrong: { 'docs/how-to/install.md': '---\nkind: reference\n---\n# Install' },
  },
  {
    name: 'every page of the docs is in the sidebar, a decision in the index of decisions',
    check: (files) =>
      pages(files).flatMap((path) => {
        const decision = /^docs\/why\/decisions\/(\d.*\.md)$/.exec(path)?.[1];
        if (decision)
          return files['docs/why/decisions/index.md']?.includes(`(${decision})`) ? [] : [`${path} is not listed`];
        const link = path.slice('docs'.length, -'.md'.length).replace(/\/index$/, '/');
        return files['docs/.vitepress/config.mts']?.includes(`'${link}'`) ? [] : [`${path} is in no sidebar`];
      }),
    wrong: { 'docs/how-to/install.md': '', 'docs/.vitepress/config.mts': "'/how-to/operate'" },
  },
  {
    name: 'every block of code in the docs is run, compiled, drawn, parsed, or says by a mark why it is not',
    check: (files) =>
      texts(files).flatMap((path) =>
        blocksOf(files, path).flatMap(({ wrong }) => (wrong ? [`${path} holds ${wrong}`] : [])),
      ),
    wrong: [
      '```ts\nconst a = 1;\n```',
      '```json\n{"a": }\n```',
      '```text\ncurl -sS http://127.0.0.1:8000/health/ready\n```',
      '```nginx\nserver { listen 443 ssl; }\n```',
      '```sh needs luck\nnpm test\n```',
      '```sh not run:\nnpm test\n```',
      '```sh run: apps/stories/src/missing.story.ts\nnpm test\n```',
      '```sh run: apps/stories/src/other.story.ts\nnpm test\n```',
    ].map((text) => ({ 'docs/index.md': `${text}\n`, 'apps/stories/src/other.story.ts': 'npm start' })),
  },
  {
    name: 'the page of the house names files and exports that are there',
    check: (files) => {
      const text = files[HOUSE] ?? '';
      const named = [...text.matchAll(/`((?:apps|docs|libs|tools)\/[^`*{<\s]+)`((?: \(`\w+`\)|, `\w+`)*)/g)];
      if (named.length === 0) return ['it names none'];
      return named.flatMap(([, path, after]) => {
        const folder = path.replace(/\/?$/, '/');
        if (!(path in files))
          return Object.keys(files).some((file) => file.startsWith(folder)) ? [] : [`${path} is missing`];
        const missing = quoted(after).filter((word) => !new RegExp(`\\b${word}\\b`).test(files[path]));
        return missing.map((word) => `${path} has no ${word}`);
      });
    },
    wrong: { [HOUSE]: '`libs/kernel/src/ids.ts` (`idFor`)', 'libs/kernel/src/ids.ts': 'export const idOf = 1;' },
  },
  {
    name: 'there are twelve concepts, and every role of a file name belongs to one of them',
    check: (files) => {
      const rows = rowsOf(section(files, 'Twelve concepts'));
      const listed = rows.flatMap((cells) => quoted(cells.at(-1)));
      const expected = roles.map((role) => (role === '$1' ? '<folder>' : role));
      return [
        ...(rows.length === 12 ? [] : [`${rows.length} concepts are listed`]),
        ...expected.filter((role) => !listed.includes(role)).map((role) => `${role} belongs to no concept`),
        ...listed.filter((role) => !expected.includes(role)).map((role) => `${role} is no role of a file name`),
        ...listed.filter((role, i) => listed.indexOf(role) !== i).map((role) => `${role} belongs to two concepts`),
      ];
    },
    wrong: { [HOUSE]: '\n## Twelve concepts\n| concept | role |\n|---|---|\n| Event | `events` |\n' },
  },
];
