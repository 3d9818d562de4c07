// One machine, its power-off, and what stands around it, for the examples of the document. Never: an id or a time that is
// drawn; the documents are committed and compared.

/** The machine of the examples. */
export const vmId = '87c528bf-27a0-5e2f-8d65-4a964a6db00a';
/** A second machine, for examples that name several. */
export const otherVmId = '1b4e28ba-2fa1-5d2e-883f-0016d3cca427';
/** The first power operation of the machine. */
export const operationId = `power.power-${vmId}.1`;
/** A place in the journal, as answers give it. */
export const cursor = 'c1.k48190213-r3.48213';

const requestedAt = '2026-11-20T10:05:00.000Z';
const at = '2026-11-20T10:05:45.000Z';
const since = '2026-11-19T08:00:00.000Z';

/** The machine, switched off, as the detail shows it. */
export const vm = {
  ...{ id: vmId, name: 'web-01', kind: 'machine', aliases: [{ source: 'site-a', kind: 'moref', value: 'vm-42' }] },
  ...{ connectionId: 'site-a', groupIds: ['prod'], displayName: 'Web server 1', description: '' },
  ...{ labels: { owner: 'shop' }, type: 'server' },
  lifecycle: { state: 'active', since, cause: null },
  power: {
    ...{ state: 'poweredOff', tools: 'toolsNotRunning', lastChangeAt: at, uptimeSeconds: null },
    ...{ heldByRunId: null, desired: null, observedAt: at, lastKnown: null },
  },
  protection: {
    ...{ state: 'discovered', jobId: null, runId: null, lastSyncAt: null },
    ...{ rpoSeconds: null, rpoMet: null, since },
  },
  health: { state: 'healthy', reasons: [], lastContactAt: at },
  reported: null,
  hardware: {
    ...{ cpus: 4, memoryBytes: 8_589_934_592, os: 'Ubuntu Linux (64-bit)', toolsVersion: '12416', path: '/dc/vm/web' },
    ...{ datacenter: 'dc', host: 'esx-07', addresses: ['192.0.2.17'], observedAt: since },
    disks: [{ id: '2000', label: 'Hard disk 1', capacityBytes: 42_949_672_960, path: '[ds] web-01/web-01.vmdk' }],
    networks: [{ label: 'Network adapter 1', network: 'VM Network', macAddress: '00:50:56:00:00:01' }],
  },
  operations: { power: null, protection: null },
  ...{ locked: false, unclaimed: false, worker: false, asOf: at, stale: false, version: '"i7-p8"' },
};

const step = { startedAt: '2026-11-20T10:05:01.000Z', endedAt: at, code: null };
/** Its power-off, after it succeeded and was verified. */
export const operation = {
  ...{ id: operationId, kind: 'vm.power-off', target: { type: 'vm', id: vmId, name: 'web-01' }, parent: null },
  ...{ state: 'succeeded', phase: null, attempts: 1, deadline: '2026-11-20T10:10:00.000Z' },
  steps: [{ name: 'graceful', state: 'succeeded', attempts: 1, nextAttemptAt: null, ...step }],
  progress: {
    ...{ percent: null, bytesDone: null, bytesTotal: null, bytesPerSecond: null },
    ...{ etaSeconds: null, etaConfidence: 'none' },
  },
  ...{ condition: null, conditionSince: null, reason: 'maintenance window 4711', requestedBy: 'admin' },
  ...{ requestedAt, endedAt: at, items: null },
  evidence: {
    ...{ method: 'graceful', previousState: 'poweredOn', newState: 'poweredOff' },
    attempts: [{ step: 'graceful', attempt: 1, outcome: 'succeeded', detail: null, ...step }],
    observations: [
      { at: '2026-11-20T10:05:01.000Z', power: 'poweredOn', tools: 'toolsOk', source: 'provider' },
      { at, power: 'poweredOff', tools: 'toolsNotRunning', source: 'provider' },
    ],
    ...{ firstError: null, escalation: null, durationSeconds: 45, verifiedAt: at },
  },
  ...{ result: null, error: null, nextActions: [] },
  links: {
    self: `/api/v1/operations/${operationId}`,
    target: `/api/v1/vms/${vmId}`,
    events: `/api/events/stream?operation=${operationId}`,
    facts: `/api/v1/operations/${operationId}/facts`,
    ...{ cancel: null, rollback: null },
  },
};

const type = 'io.drover.power.vm-powered-off.v1';
/** The event that the power-off ended with. */
export const fact = {
  ...{ specversion: '1.0', id: '01a1f86b-50a8-7019-8c11-9d3e5f7a1019', source: '/drover/power', type },
  ...{ subject: `vm/${vmId}`, time: at, datacontenttype: 'application/json', dataschema: `urn:drover:schema:${type}` },
  ...{ partitionkey: vmId, sequence: '8', actor: 'policy:power', operationid: operationId },
  data: { op: 1, method: 'graceful', previousState: 'poweredOn', durationSeconds: 45, observedAt: at },
  position: cursor,
};

/** The counts of the fleet that the machine is in. */
export const fleet = {
  ...{ asOf: at, position: cursor, total: 200, lifecycle: { active: 200 }, power: { poweredOn: 180, poweredOff: 20 } },
  ...{ protection: { discovered: 200 }, health: { healthy: 200 }, workers: {} },
  operations: { running: 1, waiting: 0, unknown: 0, failed24h: 2 },
  ...{ alarms: {}, launches: { expected: 0, registered: 0, silent: 0 }, complete: true, incomplete: [] },
};

/** The connection that shows the machine. */
export const connection = {
  ...{ id: 'site-a', name: 'Site A', kind: 'vsphere', url: 'https://vcenter-01.example.test', region: null },
  ...{ credentialRef: 'file:/run/secrets/site-a', tls: { mode: 'ca', value: '/etc/drover/ca.pem' }, allow: [] },
  ...{ state: 'up', reason: null, since, signIn: { blocked: false, failedAt: null } },
  discovery: { state: 'complete', at: since, seen: 100, skipped: [], skippedCount: 0 },
  ...{ groupIds: ['prod'], revision: 1, version: 4 },
};
