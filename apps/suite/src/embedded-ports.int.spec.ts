import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { PublicFact, Page, Vm } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import { memoryLog } from '@drover/ports';
import { sqliteJournal } from '@drover/sqlite';
import { suiteConfig } from './config.js';
import { startSuite } from './suite.js';
import { telemetryOn } from './telemetry.js';
import { registerFacts } from './testing.js';

let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-shape-'))));
afterEach(() => rmSync(dir, { recursive: true }));

const MACHINES = 700;

/** What a suite answers whose views have a shape, once it is ready. */
const visit = async <Answer>(
  shape: string,
  look: (ask: <Body>(path: string) => Promise<Body>) => Promise<Answer>,
): Promise<Answer> => {
  const env = { APP_PORT: '0', DROVER_DATA_DIR: dir, DROVER_SIMULATOR_VMS: '0', DROVER_VIEWS_SHAPE: shape };
  const read = suiteConfig([], env);
  if ('problem' in read) throw new Error(read.problem);
  const suite = await startSuite(read.config, new AbortController().signal, telemetryOn(memoryLog()));
  const [origin = ''] = /http:\/\/[\d.:]+/.exec(suite.welcome) ?? [];
  const authorization = `Bearer ${readFileSync(join(dir, 'admin.token'), 'utf8').trim()}`;
  try {
    return await look(async <Body>(path: string) => {
      const answer = await fetch(`${origin}${path}`, { headers: { authorization } });
      expect([path, answer.status]).toEqual([path, 200]);
      return (await answer.json()) as Body;
    });
  } finally {
    await suite.stop();
  }
};

it('views of another shape are built from the files over a trimmed journal: lists are the same, cursors are good', async () => {
  const [id] = await registerFacts(dir, MACHINES);
  const look = async (ask: <Body>(path: string) => Promise<Body>) => {
    const { items, total, position } = await ask<Page<Vm>>('/api/v1/vms?limit=200&sort=-name');
    const history = await ask<Page<PublicFact>>(`/api/v1/vms/${id}/history`);
    const shown = items.map(({ asOf: _asOf, ...vm }) => vm);
    return {
      shown,
      total,
      history: history.items.map((each) => [each.id, each.position?.split('.').at(-1)]),
      position,
    };
  };
  const before = await visit('a', look);
  expect(before.total).toBe(MACHINES);
  const journal = sqliteJournal({ path: join(dir, 'gateway', 'journal.db') });
  await journal.trim(Instant.parse('2999-01-01T00:00:00Z'), 5);
  const { generation, floor, head } = await journal.state();
  expect(floor).toBe(head - 5);
  await journal.close();

  for (const shape of ['b', 'a', 'b']) {
    const after = await visit(shape, async (ask) => {
      const told = await ask<Page<PublicFact>>(`/api/v1/events?after=${before.position}`);
      return { ...(await look(ask)), told: told.items.length };
    });
    expect({ ...after, position: after.position?.split('-')[0] }).toEqual({
      ...before,
      position: `c1.${generation}`,
      told: 0,
    });
  }
}, 120_000);
