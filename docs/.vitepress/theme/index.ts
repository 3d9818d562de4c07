import { h } from 'vue';
import { useData } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import type { Theme } from 'vitepress';
import MermaidPicture from './MermaidPicture.vue';

/** What a reader may expect of a page, by the `kind` that its front matter names. */
const kinds: Readonly<Record<string, string>> = {
  tutorial: 'Tutorial: follow it from top to bottom',
  'how-to': 'How-to: steps to one goal',
  reference: 'Reference: look it up',
  why: 'Explanation: how and why it works',
};

/** The line above the title of a page. */
const kindOf = {
  setup: () => {
    const { frontmatter } = useData();
    return () => h('p', { class: 'page-kind' }, kinds[String(frontmatter.value['kind'])] ?? '');
  },
};

/** The default theme, pictures that are written as Mermaid, and the kind of each page above its title. */
export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'doc-before': () => h(kindOf) }),
  enhanceApp: ({ app }) => void app.component('MermaidPicture', MermaidPicture),
} satisfies Theme;
