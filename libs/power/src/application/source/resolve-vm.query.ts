// What an older client calls a machine, as the id of it. Never: one chosen of several, or one that the actor may not read.
import { asked, defineQuery, isRejection, scopeOf } from '@drover/kernel';
import * as z from 'zod';
import type { Directory } from '../directory/directory.js';

/** Which machine an older client means: any alias kind; `vcenter` leaves those of one connection. */
export const resolveVm = defineQuery({
  name: 'vm.resolve',
  input: z.strictObject({ called: z.string().min(1).max(253), vcenter: z.string().exactOptional() }),
  needs: () => asked(['vm:read']),
  async handle({ called, vcenter }, actor, { directory }: { readonly directory: Directory }) {
    const vm = await directory.called(called, { scope: scopeOf(actor, 'vm:read'), vcenter });
    return isRejection(vm) ? vm : { vmId: vm.vmId };
  },
});
