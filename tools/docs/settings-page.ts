import { settings } from '../../apps/suite/src/config.ts';

/** The page of settings, from the schema that checks them. */
export const settingsPage = () =>
  [
    '---',
    'kind: reference',
    '---',
    '# Settings',
    '',
    'Read from the environment at the start. An unknown `DROVER_*` or an invalid value stops the start with its name, the problem and',
    'the remedy. `npm start -- --help` prints the same list. This page is made from the schema: `npm run docs:settings`.',
    '',
    '| name | default | meaning |',
    '|---|---|---|',
    ...Object.entries(settings.shape).map(([name, type]) => {
      const value: unknown = type.parse(undefined);
      return `| \`${name}\` | ${value === undefined ? 'none' : `\`${JSON.stringify(value).replaceAll('"', '')}\``} | ${type.description} |`;
    }),
    '',
    'The members of the connections file are in [Connect a vCenter](../how-to/connect-a-vcenter.md). Secrets are never settings: a connection',
    'names the file or the variable that holds its credential.',
    '',
  ].join('\n');
