// How each connection does, for the detail of health. Never: a question to a provider; what is known already is said.
import type { Connection, Health, Page } from '@drover/contracts';
import { isRejection, SELF, type Rejection } from '@drover/kernel';
import type { ProviderContact } from '@drover/ports';
import type { InventoryDoes } from '../inventory.use-cases.js';

type Checks = NonNullable<Health['checks']>;

/** A provider that cannot be used is worth a look; one that was taken out of the configuration is not. */
const checkOf = ({ id, state, reason }: Connection, contact: ProviderContact): Checks[string] => {
  const { nextTryAt } = contact.of(id);
  const tried = nextTryAt === null ? '' : `; not reached, tried again at ${nextTryAt}`;
  return {
    ok: state === 'up' || state === 'unknown' || reason?.code === 'not_configured',
    detail: `${reason ? `${state}: ${reason.code}` : state}${tried}`,
  };
};

/** How each provider does; where that cannot be read, why. */
export const connectionChecks =
  ({ listConnections }: Pick<InventoryDoes, 'listConnections'>, contact: ProviderContact) =>
  async (): Promise<Checks> => {
    const checks: Checks = {};
    try {
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Page<Connection> | Rejection = await listConnections(
          { limit: 200, ...(cursor && { cursor }) },
          SELF,
        );
        if (isRejection(page)) throw new Error(page.because);
        for (const connection of page.items) checks[`connection ${connection.id}`] = checkOf(connection, contact);
        cursor = page.next;
      }
    } catch (error) {
      return { ...checks, connections: { ok: false, detail: String(error) } };
    }
    return checks;
  };
