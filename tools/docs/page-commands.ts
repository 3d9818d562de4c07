// The blocks of commands of a text, and who runs each, as the line that opens it says after its language:
//   nothing                     apps/stories/src/docs.story.ts, as it is printed
//   run: <test>                 that test, which names the page or has each of the lines
//   needs systemd|docker        nobody here: bash checks its syntax
//   not run: <why>              nobody, for the reason that is given
// The numbers of the last two are fixed in the story, so that they grow only where somebody sees it.

/** A block of commands: of which text, what its mark says (nothing: it is run as it is printed), and what it does. */
export interface PageCommands {
  readonly page: string;
  readonly mark: string;
  readonly script: string;
}

/** Languages of what a reader is to type. */
const block = /^( *)```(?:sh|bash|shell|console)(?: +([^\n]*))?\n([\s\S]*?)^\1```$/gm;

/** The blocks of commands of a text, in order. */
export const commandsOf = (page: string, text: string): readonly PageCommands[] =>
  [...text.matchAll(block)].map(([, indent = '', mark = '', body = '']) => ({
    ...{ page, mark: mark.trim() },
    script: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));

/** How a block is checked, or what is wrong with its mark. `files` are all files of the tree. */
export const checkOf = (
  { page, mark, script }: PageCommands,
  files: Readonly<Record<string, string>>,
): { readonly how: string } | { readonly wrong: string } => {
  if (mark === '') return { how: 'run as it is printed' };
  if (/^needs (?:systemd|docker)$/.test(mark)) return { how: `checked by bash, because it ${mark}` };
  if (/^not run: \S.*$/.test(mark)) return { how: 'not run' };
  const [, test = ''] = /^run: (\S+)$/.exec(mark) ?? [];
  if (test === '') return { wrong: `commands with a mark that says nothing: ${mark}` };
  const source = files[test];
  if (source === undefined) return { wrong: `commands that ${test} runs, which is not there` };
  const has = (line: string) => source.includes(line);
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  return has(page) || lines.every(has)
    ? { how: 'run by another test' }
    : { wrong: `commands that ${test} does not run: it names neither the page nor each line` };
};

/** The blocks of a text that a test is to run. */
export const commandsFor = (test: string, page: string, text: string) => {
  const found = commandsOf(page, text).filter(({ mark }) => mark === `run: ${test}`);
  if (found.length === 0) throw new Error(`${page} has no commands for ${test}`);
  return found.map(({ script }) => script);
};
