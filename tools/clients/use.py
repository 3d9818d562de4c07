"""Uses the client that openapi-python-client generated: lists machines, powers one off, reads its history.

Arguments: the address, the machine's id. The token comes on standard input. Prints what it saw as JSON.
"""

import json
import sys
import uuid

import httpx
from drover_client import AuthenticatedClient
from drover_client.api.machines import get_vm_history, list_vms, power_off
from drover_client.models.get_vm_history_response_200 import GetVmHistoryResponse200
from drover_client.models.list_vms_power_item import ListVmsPowerItem
from drover_client.models.list_vms_response_200 import ListVmsResponse200
from drover_client.models.operation import Operation
from drover_client.models.power_off_body import PowerOffBody
from drover_client.models.power_off_body_mode import PowerOffBodyMode


def main(url: str, vm_id: uuid.UUID, token: str) -> None:
    client = AuthenticatedClient(base_url=url, token=token, raise_on_unexpected_status=True, timeout=httpx.Timeout(60))
    page = list_vms.sync(client=client, limit=200, power=[ListVmsPowerItem.POWEREDON])
    if not isinstance(page, ListVmsResponse200):
        raise SystemExit(f"no list of machines: {page}")

    operation = power_off.sync(
        vm_id,
        client=client,
        body=PowerOffBody(mode=PowerOffBodyMode.HARD),
        idempotency_key=str(uuid.uuid4()),
        prefer="wait=55",
    )
    if not isinstance(operation, Operation):
        raise SystemExit(f"no operation: {operation}")

    history = get_vm_history.sync(vm_id, client=client)
    if not isinstance(history, GetVmHistoryResponse200):
        raise SystemExit(f"no history: {history}")

    seen = {
        "listed": str(vm_id) in [str(each.id) for each in page.items],
        "state": operation.state.value,
        "verified": operation.evidence is not None and operation.evidence.verified_at is not None,
        "history": [each.type_ for each in history.items],
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], uuid.UUID(sys.argv[2]), sys.stdin.read().strip())
