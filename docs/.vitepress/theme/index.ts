import DefaultTheme from 'vitepress/theme';
import type { Theme } from 'vitepress';
import MermaidPicture from './MermaidPicture.vue';

/** The default theme, and pictures that are written as Mermaid. */
export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => void app.component('MermaidPicture', MermaidPicture),
} satisfies Theme;
