// The site of docs: its sidebar and its pictures. A page that is not in the sidebar breaks a house rule (tools/docs/page-rules.mjs), and
// a picture that Mermaid cannot read breaks the build, as a page that the search lacks does. Never: a link or a script of another host; the pages are read without a network.
import { defineConfig } from 'vitepress';
import { siteFaults } from '../../tools/docs/built-site.ts';
import { checkPictures, pictures, type Markdown } from './pictures.mts';

const page = (text: string, link: string) => ({ text, link });

export default defineConfig({
  title: 'Drover',
  description: 'A control plane for herds of virtual machines',
  cleanUrls: true,
  outDir: '../.cache/docs',
  cacheDir: '../.cache/vitepress',
  markdown: { config: (md) => pictures(md as unknown as Markdown) },
  buildEnd: async ({ outDir, pages }) => {
    await checkPictures();
    const faults = siteFaults(outDir, pages.map((path) => path.replace(/\.md$/, '')));
    if (faults.length > 0) throw new Error(`The site is not right:\n  ${faults.join('\n  ')}`);
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      {
        text: 'Start',
        items: [
          page('What Drover is', '/'),
          page('Your first power-off', '/start/first-power-off'),
          page('Install', '/how-to/install'),
        ],
      },
      {
        text: 'Concepts',
        items: [
          page('Machine identity', '/concepts/machine-identity'),
          page('Connections', '/concepts/connections'),
          page('The four statuses', '/concepts/statuses'),
          page('Operations and evidence', '/concepts/operations-and-evidence'),
          page('Events, journal and views', '/concepts/events-and-views'),
        ],
      },
      {
        text: 'How to use it',
        items: [
          page('Connect a vCenter', '/how-to/connect-a-vcenter'),
          page('Write a client', '/how-to/write-a-client'),
          page('Follow what happens', '/how-to/follow-events'),
          page('Retire a machine', '/how-to/retire-a-machine'),
          page('Rehearse failures', '/how-to/rehearse-failures'),
        ],
      },
      {
        text: 'How to operate it',
        items: [
          page('Troubleshoot', '/how-to/troubleshoot'),
          page('Keep it running', '/how-to/operate'),
          page('Watch Drover', '/how-to/watch-drover'),
          page('Run behind a proxy', '/how-to/run-behind-a-proxy'),
          page('Back up and restore', '/how-to/back-up-and-restore'),
          page('Upgrade, and go back', '/how-to/upgrade'),
          page('Handle dead letters', '/how-to/handle-dead-letters'),
        ],
      },
      {
        text: 'How to build it',
        items: [
          page('Add a verb', '/how-to/add-a-verb'),
          page('Add a provider', '/how-to/add-a-provider'),
          page('Add a capability', '/how-to/add-a-capability'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Settings', '/reference/settings'),
          page('Limits and sizing', '/reference/limits'),
          page('Power rules', '/reference/power'),
          page('Operations', '/reference/operations'),
          page('Events', '/reference/events'),
          page('Consistency', '/reference/consistency'),
          page('Rights', '/reference/rights'),
          page('Refusals', '/reference/refusals'),
          page('Stores', '/reference/store'),
          page('Failure modes', '/reference/failure-modes'),
          page('Glossary', '/reference/glossary'),
        ],
      },
      {
        text: 'Why',
        items: [
          page('The house', '/why/house'),
          page('Several processes', '/why/several-processes'),
          page('Dependencies', '/why/dependencies'),
          page('Decisions', '/why/decisions/'),
        ],
      },
    ],
  },
});
