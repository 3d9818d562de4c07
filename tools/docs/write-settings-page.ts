// npm run docs:settings   ->   docs/reference/settings.md
import { writeFileSync } from 'node:fs';
import { settingsPage } from './settings-page.ts';

writeFileSync('docs/reference/settings.md', settingsPage());
