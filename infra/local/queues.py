"""Queues in the local AWS: what MiniStack's SQS and its event source mappings lack, each with its reason."""

import contextvars
import time
import uuid

# A batch needs the permission for one: AWS knows no action of these names, MiniStack asks for them.
SINGLE = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# So many of a queue's moves are listed at most, in AWS too.
LISTED_MOVES = 10


def tune() -> None:
    tune_permission()
    tune_addresses()
    tune_mappings()
    tune_traces()
    tune_moves()


def tune_permission() -> None:
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action

    def extract_iam_action(*arguments):
        action = extract(*arguments)
        return SINGLE.get(action, action)

    iam_actions.extract_iam_action = extract_iam_action


def tune_addresses() -> None:
    from ministack.core.responses import get_region
    from ministack.services import sqs

    # A queue is filed under the URL it was created with, this endpoint's port included, and event source mappings look for
    # it under the URL of today: after a start on another port they would find nothing.
    today = sqs._queue_url_for_account

    def queue_url_for_account(account, name):
        return sqs._queue_name_to_url.get_scoped(account, get_region(), name) or today(account, name)

    sqs._queue_url_for_account = queue_url_for_account


def tune_mappings() -> None:
    from ministack.services import lambda_svc

    # A number that comes from a template's parameter is a string, and compared as one it stops the poller of every queue.
    concurrency = lambda_svc._sqs_esm_concurrency

    def sqs_esm_concurrency(mapping, *rest):
        scaling = {name: int(value) for name, value in (mapping.get("ScalingConfig") or {}).items()}
        return concurrency({**mapping, "ScalingConfig": scaling}, *rest)

    lambda_svc._sqs_esm_concurrency = sqs_esm_concurrency


def tune_traces() -> None:
    from ministack.services import sqs

    # Of a batch it forgets what the sender says besides the messages, which is the trace they belong to.
    batch, one = sqs._act_send_message_batch, sqs._act_send_message
    said: contextvars.ContextVar = contextvars.ContextVar("said", default=None)

    def send_batch(request: dict, url: str) -> dict:
        token = said.set(iter([entry.get("MessageSystemAttributes") for entry in request.get("Entries", [])]))
        try:
            return batch(request, url)
        finally:
            said.reset(token)

    def send(request: dict, url: str) -> dict:
        attributes = said.get()
        return one({**request, "MessageSystemAttributes": next(attributes)} if attributes else request, url)

    sqs._act_send_message = send
    sqs._HANDLERS["SendMessageBatch"] = send_batch


def tune_moves() -> None:
    """StartMessageMoveTask and ListMessageMoveTasks, which MiniStack does not have. A move is over when it is answered."""
    from ministack.services import sqs

    moves: dict[str, list[dict]] = {}

    def start(request: dict, _url: str) -> dict:
        source = dead_letter_queue(request)
        destination = request.get("DestinationArn")
        if destination:
            existing(destination)
        with sqs._queues_lock:
            moved, left = move(source, destination)
        report = {
            "Status": "FAILED" if left else "COMPLETED", "SourceArn": request["SourceArn"],
            "ApproximateNumberOfMessagesMoved": moved, "ApproximateNumberOfMessagesToMove": moved + left,
            "StartedTimestamp": int(time.time() * 1000),
            **({"DestinationArn": destination} if destination else {}),
            **({"FailureReason": "CouldNotDetermineMessageSource"} if left else {}),
        }
        moves.setdefault(request["SourceArn"], []).insert(0, report)
        sqs.esm_wake.set()
        return {"TaskHandle": str(uuid.uuid4())}

    def move(source: dict, destination: str | None) -> tuple[int, int]:
        now = time.time()
        moved, kept = 0, []
        for message in source["messages"]:
            origin = message.get("sys", {}).get("DeadLetterQueueSourceArn")
            target = sqs._queue_by_arn(destination or origin or "")
            if message["visible_at"] > now or target is None:
                kept.append(message)
                continue
            # A message that was moved counts as new, under a new id.
            target["messages"].append({
                **message, "id": str(uuid.uuid4()), "sent_at": now, "visible_at": now, "receipt_handle": None,
                "receive_count": 0, "first_receive_at": None, "sys": sqs._build_send_sys_attrs(now, {}),
            })
            moved += 1
        source["messages"] = kept
        return moved, sum(message["visible_at"] <= now for message in kept)

    def listed(request: dict, _url: str) -> dict:
        dead_letter_queue(request)
        count = min(int(request.get("MaxResults") or 1), LISTED_MOVES)
        return {"Results": moves.get(request["SourceArn"], [])[:count]}

    def dead_letter_queue(request: dict) -> dict:
        source = request.get("SourceArn") or ""
        queue = existing(source)
        if not any(f'"{source}"' in (q["attributes"].get("RedrivePolicy") or "") for q in sqs._queues.values()):
            raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        return queue

    def existing(arn: str) -> dict:
        queue = sqs._queue_by_arn(arn)
        if queue is None:
            raise sqs._Err("ResourceNotFoundException", f"The queue {arn} does not exist.", 404)
        return queue

    sqs._HANDLERS.update(StartMessageMoveTask=start, ListMessageMoveTasks=listed)
