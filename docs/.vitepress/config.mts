import { defineConfig } from 'vitepress';

const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: 'Drover',
  description: 'A control plane for herds of virtual machines',
  cleanUrls: true,
  outDir: '../.cache/docs',
  cacheDir: '../.cache/vitepress',
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      { text: 'Start', items: [page('Your first power-off', '/start/first-power-off')] },
      {
        text: 'How to',
        items: [page('Connect a vCenter', '/how-to/connect-a-vcenter'), page('Follow what happens', '/how-to/follow-events'), page('Rehearse failures', '/how-to/rehearse-failures'), page('Keep it running', '/how-to/operate')],
      },
      {
        text: 'Reference',
        items: [page('Settings', '/reference/settings'), page('Power rules', '/reference/power'), page('Failure modes', '/reference/failure-modes')],
      },
      {
        text: 'Why',
        items: [page('The house', '/why/house'), page('Dependencies', '/why/dependencies'), page('Decisions', '/why/decisions/')],
      },
    ],
  },
});
