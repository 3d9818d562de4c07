// The words that people read: those of the field, and none of the words of before (the glossary has both). Looked for in the
// texts at the root, in the pages, in the public documents, and by a lint rule in what the code says in sentences.
// Never: a name that was published; it stands in code spans, in addresses or without a space.

const retired = /\b(?:facts?|wish(?:es|ed)?|mend(?:s|ed)?|deeds?|proofs?|proven|prove[sd]?|grown? anew)\b/gi;
/** The retired words of a text, each once. */
const retiredIn = (text) => [...new Set(text.match(retired) ?? [])];

const described = (value) =>
  Object.entries(value ?? {}).flatMap(([key, inner]) => {
    if (typeof inner === 'object') return described(inner);
    return typeof inner === 'string' && /^(?:description|summary|title)$/.test(key) ? [inner] : [];
  });
const textOf = (path, text) => {
  if (path === 'package.json') return JSON.parse(text).description ?? '';
  return path.endsWith('.json') ? described(JSON.parse(text)).join('\n') : text;
};
const isRead =
  /^(?:[A-Z]+\.md|package\.json|docs\/(?!why\/decisions).*\.md|libs\/contracts\/(?:openapi|asyncapi)\/.*\.json)$/;

/** The rules over texts, in the shape of `treeRules`. */
export const wordRules = [
  {
    name: 'what people read says event, request, evidence, rebuild and fix, and none of the words of before',
    check: (files) =>
      Object.keys(files)
        .filter((path) => isRead.test(path))
        .filter((path) => path !== 'docs/reference/glossary.md') // which lists them
        .flatMap((path) => {
          const prose = textOf(path, files[path]).replace(/```[\s\S]*?```|`[^`\n]*`|\]\([^)]*\)/g, ' ');
          return retiredIn(prose).map((word) => `${path} says ${word}`);
        }),
    wrong: [
      { 'docs/index.md': 'A wish is recorded as a fact.' },
      { 'CHANGELOG.md': '- Power off with proof.' },
      { 'CONTRIBUTING.md': 'Mend it, then run the tests.' },
      { 'SECURITY.md': 'It is grown anew.' },
      { 'libs/contracts/openapi/openapi.json': '{ "info": { "description": "Every fact." } }' },
    ],
  },
];

const isQuery = (text) => /\b(?:SELECT|CREATE TABLE|INSERT INTO|LEFT JOIN)\b/.test(text);

/** A lint rule: what the code says in a sentence or in a part of one, so refusals, problems, health, tasks. */
export const wordsRule = {
  create: (context) => {
    const look = (node, text) => {
      if (!/\s/.test(text) || isQuery(text)) return;
      for (const word of retiredIn(text)) context.report({ node, message: `People read this: not ${word}.` });
    };
    return {
      Literal: (node) => typeof node.value === 'string' && look(node, node.value),
      TemplateLiteral: (node) => look(node, node.quasis.map(({ value }) => value.cooked ?? '').join('…')),
    };
  },
};
