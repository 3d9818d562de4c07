import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { blocksOf } from './page-blocks.js';
import { pageText } from './page-text.js';

it('shows a file beside the page as a block, dollars and all', () => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-page-'));
  try {
    const text = "export const a = '$& and $1';\n";
    writeFileSync(join(dir, 'a.ts'), text);
    writeFileSync(join(dir, 'page.md'), 'Create `b.ts`:\n\n<<< ./a.ts\n\nNo block: <<< ./a.ts\n');
    expect(blocksOf(pageText(join(dir, 'page.md')))).toEqual([{ does: 'Create', path: 'b.ts', text }]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
