import type { GroupsOf } from '@drover/kernel';
import type { StreamsOf } from '@drover/ports';
import type { connectionDecider } from '../../domain/connection.decider.js';
import { connectionStream } from '../../domain/connection.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';

/** What the groups are read from: the streams, so that a decision knows of the last change. */
export interface GroupPorts {
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly connections: StreamsOf<typeof connectionDecider>;
}

/** The groups of a machine or a connection, retired or not. */
export const groupsIn =
  ({ vms, connections }: GroupPorts): GroupsOf =>
  async (subject) => {
    if (subject.type === 'connection') {
      const { state } = await connections.load(connectionStream(subject.id));
      return state.is === 'known' ? state.settings.groupIds : null;
    }
    const { state } = await vms.load(vmStream(subject.id));
    if (state.is === 'unheard') return null;
    return (state.is === 'retired' ? state.was : state).groupIds;
  };
