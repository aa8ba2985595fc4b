"""The life of one request, top to bottom: the only place that decides the order of what can happen to it.

``admit`` runs before the body is read, ``answer`` after it; the API rooms call the one, read, and call the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from time import gmtime, strftime
from typing import Any, NamedTuple

import orjson

from mock_server import errors, formats, tasks, usage
from mock_server.auth import Accounts
from mock_server.catalog import Catalog, Model
from mock_server.clock import Clock
from mock_server.errors import ApiError, MockError
from mock_server.exchange import EMPTY, Answer, Call, Completion, Inputs, Reply, Usage
from mock_server.journal import Journal
from mock_server.prefixes import Prefixes
from mock_server.settings import Settings
from mock_server.stubs import Stubs

# What does not change an answer: streamed and whole must say the same.
NOT_PART_OF_THE_QUESTION = ("stream", "stream_options")


REMEMBERED = 128  # answers


class Known(NamedTuple):
    """What an accepted body meant, and what was answered."""

    inputs: Inputs
    stream: bool
    options: Mapping[str, Any]
    seed: int
    answer: Answer


class Pipeline:
    """Everything that happens between a request's door and its answer."""

    def __init__(self, settings: Settings, catalog: Catalog, accounts: Accounts, clock: Clock, stubs: Stubs) -> None:
        self._infers = settings.unknown_models == "infer"
        self._refuses_deprecated = settings.deprecated_models == "error"
        self.catalog = catalog
        self.accounts = accounts
        self.clock = clock
        self.stubs = stubs
        # Few threads of its own: codecs keep memory for every thread that used them.
        self._media = ThreadPoolExecutor(max_workers=2, thread_name_prefix="media")
        self._known: dict[tuple[str, bytes], Known] = {}
        self.journal = Journal()
        self.ledger = usage.Ledger()
        self.prefixes = Prefixes()

    def admit(self, headers: Mapping[bytes, bytes], account_id: str, name: str, *, in_path: bool) -> Model | None:
        """The model that `name` means, if whoever sent `headers` may ask it on `account_id`.

        None stands for a model that only its inputs can tell (``--unknown-models infer``). Raises ApiError: 401/403
        10000 and 400 6003 for the credentials; 400 7000 (name in the path) or 5007 (in the body), 404 3042 for the
        name; 410 5028, 403 3023, 5035, 5018 for model and account.
        """
        now = self.clock.now()
        self.accounts.check(headers, account_id, now)
        account = self.accounts.find(account_id)
        if account.blocked:
            raise ApiError(errors.ACCOUNT_BLOCKED, hint=f"the accounts file says that {account_id} is blocked")
        asked = self.catalog.find(name) if name.startswith("@") or in_path else self.catalog.third_party(name)
        if asked is None:
            if self._infers:
                return None
            raise self._no_such_model(name, in_path=in_path)
        model = self.catalog.resolve(asked)
        if (
            self._refuses_deprecated
            and model.deprecated_on
            and strftime("%Y-%m-%d", gmtime(now)) >= model.deprecated_on
        ):
            raise ApiError(
                errors.DEPRECATED,
                model=model.internal_name or model.name,
                date=model.deprecated_on,
                hint="--deprecated-models answer lets it answer, and so does an earlier --clock",
            )
        if model.has("require_workers_paid") and self.accounts.on_free_plan(account):
            raise ApiError(errors.NEEDS_PAID_PLAN, model=model.name, hint="--plan paid lets it answer")
        if model.gated and not account.private_models:
            raise ApiError(errors.NOT_ALLOWED, model=model.name, hint="the accounts file denies gated models here")
        return model

    async def answer(self, call: Call) -> Answer:
        """Who answers, and what it costs. `call.inputs` are as read; afterwards `call` is as the answer was made.

        Raises ApiError: 403 5016 until the model's terms are agreed to, 400 5006 for inputs that its schema refuses,
        405 5005 for a LoRA it cannot load, and whatever its responder has to say about the inputs.
        """
        self._examine(call)
        found = self.stubs.reply(call)
        if found is not None:
            reply, source = found
        elif call.model.responder in tasks.TASKS:
            reply, source = await self._respond(call), "responder"
        else:
            realtime = call.model.has("realtime")
            how = "over a WebSocket only, which is still to come" if realtime else "by nothing here yet"
            raise MockError(f"{call.model.name}: {call.model.task} is answered {how}")
        answer = self._billed(call, reply, source)
        if found is None and self.stubs.is_settled(call.account):
            self._remember(call, answer)
        return answer

    def again(self, account: str, model: Model, body: bytes) -> Known | None:
        """What is known of a body that `model` was sent before; None when it was not, or when that may have changed."""
        return self._known.get((model.name, body)) if self.stubs.is_settled(account) else None

    def answer_again(self, call: Call, known: Known) -> Answer:
        """The answer to a body that was answered before, entered and billed as the new answer it is."""
        if b"x-session-affinity" in call.headers:
            return self._billed(call, known.answer.reply, known.answer.source)
        self.ledger.enter(call.account, call.model.name, known.answer.usage)
        return known.answer

    def _billed(self, call: Call, reply: Reply, source: str) -> Answer:
        if isinstance(reply, Completion):
            reply = self.prefixes.applied(call, reply)
        bill = Usage(reply.tokens, usage.neurons(call.model, reply.tokens, reply.units))
        self.ledger.enter(call.account, call.model.name, bill)
        return Answer(reply, source, bill)

    def _examine(self, call: Call) -> None:
        """Are the inputs such as the model takes? What is about the sending leaves them; the seed comes of the rest."""
        model = call.model
        if model.agreement:
            self._agreement(call)
        if call.form:
            call.inputs = self.catalog.typed(model, call.inputs)
        for name, value in model.facts.get("fills", EMPTY).items():  # what the service assumes where nothing is said
            call.inputs.setdefault(name, value)
        if call.raw is None:
            reason = self.catalog.validator(model, call.form).error(call.inputs)
            if reason is not None:
                raise ApiError(errors.BAD_INPUT, reason=reason)
        if "lora" in call.inputs and not model.has("lora"):
            hint = "models with the property lora: see `models`"
            raise ApiError(errors.LORA_UNSUPPORTED, model=model.name, hint=hint)
        alone = formats.pick(model, call.inputs) is None if model.formats else "text" not in call.inputs
        if "requests" in call.inputs and alone:
            raise MockError(f"{model.name}: batches of `requests` are not answered here yet")
        self._settle(call)

    def _remember(self, call: Call, answer: Answer) -> None:
        """The same body to the same model means the same answer: responders are pure, and so is what fixtures match."""
        heavy = tasks.TASKS[call.model.responder].heavy
        if not call.body or heavy or call.model.agreement or b"x-session-affinity" in call.headers:
            return
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        known = Known(call.inputs, call.stream, call.stream_options, call.seed, answer)
        self._known[call.model.name, call.body] = known

    async def _respond(self, call: Call) -> Reply:
        respond = tasks.responder(call.model.responder)
        try:
            if tasks.is_heavy(call.model, call.inputs):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._media, respond, call.model, call.inputs, call.seed)
            return respond(call.model, call.inputs, call.seed)
        except (TypeError, AttributeError, LookupError, ValueError):
            # The service's validator lets inputs through that its schema, read as JSON Schema, does not mean. What a
            # model says to them was never captured; nobody can answer them.
            if call.raw is None and ("requests" in call.inputs or not self._fits(call)):
                raise ApiError(errors.INVALID_INPUT, hint="the inputs do not fit the model's schema") from None
            raise

    def _fits(self, call: Call) -> bool:
        from mock_server.text import schema_check

        schema = self.catalog.schema(call.model, "form" if call.form and "form" in call.model.schema else "input")
        return schema_check.fits(call.inputs, schema, schema)

    def infer(self, name: str, inputs: Inputs) -> Model:
        """The model that answers for an id outside the catalog, by the shape of its inputs.

        400/7000 when no task takes such inputs.
        """
        model = self.catalog.infer(name, inputs)
        if model is None:
            keys = ", ".join(sorted(inputs)) or "nothing"
            raise ApiError(errors.NO_ROUTE, hint=f"no task takes inputs named {keys}")
        return model

    def _agreement(self, call: Call) -> None:
        """Terms are agreed to once per account, by the prompt 'agree', which is refused with thanks (observed)."""
        account = self.accounts.find(call.account)
        if self.accounts.has_agreed(account, call.model.name):
            return
        prompt = call.inputs.get("prompt")
        if isinstance(prompt, str) and prompt.strip().lower() == "agree":
            self.accounts.agree(account, call.model.name)
            raise ApiError(errors.AGREED, hint="agreed; the next call is answered")
        raise ApiError(
            errors.MUST_AGREE,
            model=call.model.name.rpartition("/")[2],
            hint='send {"prompt": "agree"} once, or start with --agreements given',
        )

    def _settle(self, call: Call) -> None:
        """Take what is about the sending out of the inputs, and derive the seed from what is left."""
        stream = call.inputs.get("stream", call.model.facts.get("stream", False))
        # Some things are never streamed: the fact `whole` names inputs and the values of them.
        whole = call.model.facts.get("whole", EMPTY)
        call.stream = bool(stream) and not any(call.inputs.get(key) in values for key, values in whole.items())
        options = call.inputs.get("stream_options")
        call.stream_options = options if isinstance(options, dict) else {}
        for key in NOT_PART_OF_THE_QUESTION:
            call.inputs.pop(key, None)
        question = orjson.dumps(call.inputs, default=_digest, option=orjson.OPT_SORT_KEYS)
        digest = blake2b(question, digest_size=8, key=call.model.name.encode()[:64]).digest()
        call.seed = int.from_bytes(digest, "big")

    def _no_such_model(self, name: str, *, in_path: bool) -> ApiError:
        hint = f"no such model in this catalog; {self.catalog.suggestion(name)}--unknown-models infer answers anyway"
        if not in_path:
            return ApiError(errors.NO_SUCH_MODEL, model=name, hint=hint)
        # Observed for well-formed ids that nobody registered; the documented 3042 is kept for names that cannot be one.
        if name.startswith("@") and not Catalog.is_name(name):
            return ApiError(errors.INVALID_MODEL_ID, hint=hint)
        return ApiError(errors.NO_ROUTE, hint=hint)


def _digest(value: object) -> str:
    if isinstance(value, bytes):
        return blake2b(value, digest_size=16).hexdigest()
    raise TypeError(type(value).__name__)
