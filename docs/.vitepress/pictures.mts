import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';

/** The part of markdown-it that a fence needs. */
type Env = { readonly relativePath?: string };
type Fence = (tokens: { info: string; content: string }[], index: number, options: unknown, env: Env, self: unknown) => string;
export type Markdown = { renderer: { rules: { fence?: Fence } }; utils: { escapeHtml(text: string): string } };

/** Every picture that was rendered, and the page that it stands on. */
const drawn = new Map<string, string>();

/** A block of `mermaid` becomes a picture, which the reader's browser draws without a network. */
export const pictures = (md: Markdown) => {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info = '', content = '' } = tokens[index] ?? {};
    if (info.trim() !== 'mermaid') return fence?.(tokens, index, options, env, self) ?? '';
    drawn.set(content, env.relativePath ?? 'a page');
    const text = md.utils.escapeHtml(content);
    return `<MermaidPicture source="${encodeURIComponent(content)}"><pre v-pre>${text}</pre></MermaidPicture>\n`;
  };
};

/**
 * Throws when Mermaid cannot read a picture: in a browser it would stay text. The parser wants DOMPurify, which is a bare
 * function where there is no document, so functions of this context alone get the two methods that it calls.
 */
export const checkPictures = async () => {
  const context = createContext({ structuredClone, console }) as { mermaid?: { parse(text: string): Promise<unknown> } };
  runInContext('Function.prototype.addHook = () => {}; Function.prototype.sanitize = (text) => text;', context);
  const script = createRequire(import.meta.url).resolve('@mermaid-js/tiny/dist/mermaid.tiny.js');
  runInContext(readFileSync(script, 'utf8'), context);
  for (const [text, page] of drawn) {
    await context.mermaid?.parse(text).catch((error: unknown) => {
      throw new Error(`A picture of ${page} cannot be drawn: ${(error as Error).message}`);
    });
  }
};
