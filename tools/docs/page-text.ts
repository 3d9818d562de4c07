import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** The text of a page, with the files beside it that it includes (`<<< ./<file>`) as the blocks that a reader sees. */
export const pageText = (page: string): string =>
  readFileSync(page, 'utf8').replace(/^<<< (\.\/\S+)$/gm, (_, beside: string) => {
    const text = readFileSync(join(dirname(page), beside), 'utf8');
    return `\`\`\`${extname(beside).slice(1)}\n${text}\`\`\``;
  });
