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
        items: [
          page('Install', '/how-to/install'),
          page('Upgrade, and go back', '/how-to/upgrade'),
          page('Connect a vCenter', '/how-to/connect-a-vcenter'),
          page('Write a client', '/how-to/write-a-client'),
          page('Follow what happens', '/how-to/follow-events'),
          page('Retire a machine', '/how-to/retire-a-machine'),
          page('Rehearse failures', '/how-to/rehearse-failures'),
          page('Keep it running', '/how-to/operate'),
          page('Handle dead letters', '/how-to/handle-dead-letters'),
          page('Back up and restore', '/how-to/back-up-and-restore'),
          page('Run behind a proxy', '/how-to/run-behind-a-proxy'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Settings', '/reference/settings'),
          page('Power rules', '/reference/power'),
          page('Operations', '/reference/operations'),
          page('Consistency', '/reference/consistency'),
          page('Refusals', '/reference/refusals'),
          page('Limits', '/reference/limits'),
          page('Events', '/reference/events'),
          page('Stores', '/reference/store'),
          page('Failure modes', '/reference/failure-modes'),
        ],
      },
      {
        text: 'Why',
        items: [
          page('The house', '/why/house'),
          page('Dependencies', '/why/dependencies'),
          page('Decisions', '/why/decisions/'),
        ],
      },
    ],
  },
});
