import { describe, expect, it } from '@jest/globals';
import type * as z from 'zod';
import * as ask from './requests.js';

const vmId = '420570c7-f61f-a930-77c5-1e876786cb3c';
const target = [vmId];
const refused = (schema: z.ZodType, input: object) =>
  schema.safeParse(input).error?.issues[0]?.path.join('.') ?? 'taken';

describe('a body', () => {
  it.each([
    ['PowerOffBody', ask.PowerOffBody, {}, { mode: 'soft', timeoutSeconds: 300 }],
    ['PowerOnBody', ask.PowerOnBody, {}, { waitForTools: false }],
    ['RestartBody', ask.RestartBody, {}, { mode: 'soft', timeoutSeconds: 300 }],
    ['ReasonBody', ask.ReasonBody, {}, {}],
    ['EditVmBody', ask.EditVmBody, { displayName: null }, { displayName: null }],
    ['MarkBody', ask.MarkBody, { outcome: 'failed', reason: 'looked' }, { outcome: 'failed', reason: 'looked' }],
    ['RegisterVmBody', ask.RegisterVmBody, { name: 'a' }, { name: 'a', connectionId: null, aliases: [], groupIds: [] }],
    [
      'BulkPowerOffBody',
      ask.BulkPowerOffBody,
      { targets: target },
      { targets: target, mode: 'soft', timeoutSeconds: 300 },
    ],
    ['BulkPowerOnBody', ask.BulkPowerOnBody, { targets: target }, { targets: target, waitForTools: false }],
    [
      'BulkRestartBody',
      ask.BulkRestartBody,
      { targets: target },
      { targets: target, mode: 'soft', timeoutSeconds: 300 },
    ],
  ] as const)('%s has its defaults and takes no member that it does not know', (_, schema, least, whole) => {
    expect(schema.parse(least)).toEqual(whole);
    expect(schema.safeParse({ ...least, surprise: true }).error?.issues).toMatchObject([{ code: 'unrecognized_keys' }]);
  });

  it.each([
    ['a time-out of 0', ask.PowerOffBody, { timeoutSeconds: 0 }, 'timeoutSeconds'],
    ['a time-out above an hour', ask.PowerOnBody, { timeoutSeconds: 3601 }, 'timeoutSeconds'],
    ['a time-out of half a second', ask.RestartBody, { timeoutSeconds: 0.5 }, 'timeoutSeconds'],
    ['a mode of its own', ask.PowerOffBody, { mode: 'gently' }, 'mode'],
    ['an empty reason', ask.ReasonBody, { reason: '' }, 'reason'],
    ['a mark without a reason', ask.MarkBody, { outcome: 'failed' }, 'reason'],
    ['a mark that settles nothing', ask.MarkBody, { outcome: 'unknown', reason: 'x' }, 'outcome'],
    ['nobody as target', ask.BulkPowerOffBody, { targets: [] }, 'targets'],
    ['more than a thousand targets', ask.BulkPowerOffBody, { targets: Array(1001).fill(vmId) }, 'targets'],
    ['a target that is no id', ask.BulkRestartBody, { targets: ['web-01'] }, 'targets.0'],
    ['a name typed for many', ask.BulkPowerOffBody, { targets: target, confirmName: 'web-01' }, ''],
    ['a machine without a name', ask.RegisterVmBody, { name: '' }, 'name'],
    [
      'an alias of no kind',
      ask.RegisterVmBody,
      { name: 'a', aliases: [{ source: null, kind: 'nick', value: 'a' }] },
      'aliases.0.kind',
    ],
    ['a label with a space', ask.EditVmBody, { labels: { 'a b': 'c' } }, 'labels.a b'],
    ['a member that is undefined', ask.EditVmBody, { displayName: undefined }, 'displayName'],
  ] as const)('is refused with %s', (_, schema, input, path) => expect(refused(schema, input)).toBe(path));
});

describe('a query', () => {
  it('reads lists written either way, and numbers and flags from text', () => {
    const query = ask.VmListQuery.parse({
      power: 'poweredOn,suspended',
      group: ['a', 'b,c'],
      unclaimed: 'true',
      limit: '7',
    });
    expect(query).toEqual({
      limit: 7,
      power: ['poweredOn', 'suspended'],
      group: ['a', 'b', 'c'],
      unclaimed: true,
      sort: 'name',
    });
    expect(ask.VmQuery.parse({ version: '12', fresh: 'false' })).toEqual({ version: 12, fresh: false });
    expect(ask.StreamQuery.parse({ snapshot: '1', event_types: 'io.drover.power.*' })).toMatchObject({
      snapshot: true,
      event_types: ['io.drover.power.*'],
    });
  });

  it('waits 55 s at most, and not unless asked to', () => {
    expect(ask.EventListQuery.parse({})).toEqual({ wait: 0, limit: 100 });
    expect(ask.EventListQuery.parse({ wait: '99' })).toMatchObject({ wait: 55 });
  });

  it('T63: reads an instant in every offset as one', () =>
    expect(ask.VmQuery.parse({ at: '2026-11-20T11:00:00+01:00' })).toEqual({ at: '2026-11-20T10:00:00.000Z' }));

  it.each([
    ['a filter that there is none of', ask.VmListQuery, { colour: 'red' }, ''],
    ['a page of nothing', ask.PageQuery, { limit: '0' }, 'limit'],
    ['a page above 200', ask.PageQuery, { limit: '201' }, 'limit'],
    ['a number that is none', ask.PageQuery, { limit: '1e2' }, 'limit'],
    ['a state of its own', ask.VmListQuery, { power: 'poweredOn,odd' }, 'power.1'],
    ['a yes of its own', ask.VmListQuery, { unclaimed: 'yes' }, 'unclaimed'],
    ['an order of its own', ask.VmListQuery, { sort: 'colour' }, 'sort'],
    ['a field that there is none of', ask.VmListQuery, { fields: 'id,secret' }, 'fields.1'],
    ['a label without a value', ask.VmListQuery, { label: 'tier' }, 'label.0'],
    ['too many terms', ask.VmListQuery, { name: Array(101).fill('a') }, 'name'],
    ['an alias of no kind', ask.VmLookupQuery, { alias: 'nick:web' }, 'alias'],
    ['version 0', ask.VmQuery, { version: '0' }, 'version'],
    ['no moment', ask.VmQuery, { at: 'yesterday' }, 'at'],
    ['a moment spelled twice', ask.VmQuery, { at: '2026-11-20T10:00:00+00:00Z' }, 'at'],
    ['a wildcard in the middle', ask.StreamQuery, { event_types: 'io.*.power' }, 'event_types.0'],
    ['a severity of its own', ask.StreamQuery, { severity: 'awful' }, 'severity.0'],
    ['a trial that may be one', ask.DryRunQuery, { dryRun: 'maybe' }, 'dryRun'],
    ['a password', ask.SourceStateQuery, { password: 'x' }, ''],
  ] as const)('is refused with %s', (_, schema, input, path) => expect(refused(schema, input)).toBe(path));
});
