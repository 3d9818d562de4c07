// Power of a cluster's machines: a reading, or one call with its task. Never: a second call for one `send`, or a success
// that was not read.
import * as z from 'zod';
import { GuestTools, type ConnectionTarget, type ReadMoment } from '@drover/kernel';
import { ProviderFault, type PowerCall, type PowerControl, type PowerReading } from '@drover/ports';
import { NodeAway } from './api.proxmox.js';
import { pathOf, type Cluster, type MachinePlace } from './cluster.proxmox.js';
import { powerOf, type Current } from './machine.proxmox.js';

/** The calls as the API names them. A guest that is asked has a task, too, which ends when the guest obeys: nobody waits. */
const VERBS: Readonly<Record<PowerCall, string>> = {
  'shutdown-guest': 'shutdown',
  'power-off': 'stop',
  'power-on': 'start',
  'reboot-guest': 'reboot',
  reset: 'reset',
};
const asksGuest = (call: PowerCall) => call === 'shutdown-guest' || call === 'reboot-guest';

/** Refuses what would change nothing: `stop` of a machine that is off ends in success, as if it had done something. */
const verbOf = (call: PowerCall, current: Current): string => {
  const power = powerOf(current);
  const so = call === 'power-on' ? power === 'poweredOn' : current.status === 'stopped';
  if (so) throw new ProviderFault('invalid_power_state', `the machine is ${current.qmpstatus ?? current.status}`);
  return call === 'power-on' && current.status === 'running' ? 'resume' : VERBS[call];
};

/** Power of the machines of clusters. */
export const proxmoxPowerControl = (
  clusterOf: (target: ConnectionTarget) => Cluster,
  momentOf: () => ReadMoment,
): PowerControl => {
  const unknown = ({ row, key }: MachinePlace, cluster: Cluster, moment: ReadMoment): PowerReading => {
    const lastKnown = key === null ? undefined : cluster.lastKnown(key);
    return {
      ...{ power: 'unknown', tools: GuestTools.unknown, bootAt: null, uptimeSeconds: null, question: null },
      ...{ template: row.template, ref: row.id, ...(lastKnown && { lastKnown }), ...moment },
    };
  };
  return {
    read: async ({ target, key }, signal) => {
      const [cluster, moment] = [clusterOf(target), momentOf()];
      const place = await cluster.find(key, signal);
      const now = place.config && (await cluster.now(place, moment, signal));
      if (!now) return unknown(place, cluster, moment);
      const { current, power, tools } = now;
      const uptimeSeconds = power === 'poweredOn' ? (current.uptime ?? null) : null;
      const about = { bootAt: null, uptimeSeconds, question: null, template: place.row.template, ref: place.row.id };
      return { power, tools, ...about, ...moment };
    },
    send: async ({ target, key, ref }, call, token, signal) => {
      const cluster = clusterOf(target);
      const place = await cluster.find(key, signal);
      const { row } = place;
      if (ref !== undefined && ref !== row.id) throw new ProviderFault('provider_error', `${key} is ${row.id} now`);
      const now = place.config && (await cluster.now(place, momentOf(), signal));
      if (!now) throw new NodeAway(`the node ${row.node} cannot be reached`);
      const path = pathOf(row, `status/${verbOf(call, now.current)}`);
      const upid = await cluster.api.post(z.string(), path, signal, token.isHeld);
      if (asksGuest(call)) return {};
      await cluster.api.finished(row.node, upid, signal);
      return { task: upid };
    },
  };
};
