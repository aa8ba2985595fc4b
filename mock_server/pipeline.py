"""The life of one request, top to bottom: the only place that decides the order of what can happen to it.

``admit`` runs before the body is read, ``answer`` after it; the API rooms call the one, read, and call the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from time import gmtime, perf_counter, strftime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from mock_server import advice, errors, formats, tasks, usage
from mock_server.analytics import Analytics
from mock_server.auth import Accounts
from mock_server.catalog import Catalog, Model
from mock_server.clock import Clock
from mock_server.errors import ApiError, MockError
from mock_server.exchange import EMPTY, Answer, Binary, Call, Completion, Inputs, Raw, Reply, Result, Tokens, Usage
from mock_server.journal import Entry, Journal
from mock_server.limits import OFF, Limits
from mock_server.prefixes import Prefixes
from mock_server.settings import Settings
from mock_server.stubs import Stubs

if TYPE_CHECKING:
    from mock_server.batches import Batches
    from mock_server.conversations import Conversations
    from mock_server.conversion import Document
    from mock_server.faults import Faults
    from mock_server.finetunes import Finetunes
    from mock_server.gateways import Gateways
    from mock_server.recorder import Recorder
    from mock_server.shelf import Shelf
    from mock_server.upstream import Upstream

T = TypeVar("T")

# What does not change an answer: streamed and whole must say the same.
NOT_PART_OF_THE_QUESTION = ("stream", "stream_options")
OF_A_BATCH = frozenset({"requests", "request_id"})  # inputs
REMEMBERED = 128  # answers
FAULT = b"x-mock-fault"  # the header of mock_server.faults
LATE = ("batches", "conversations", "faults", "finetunes", "gateways", "shelf")  # rooms opened when first wanted


class Known(NamedTuple):
    """What an accepted body meant, and what was answered."""

    inputs: Inputs
    stream: bool
    options: Mapping[str, Any]
    seed: int
    answer: Answer
    advice: Mapping[str, str]


class Pipeline:
    """Everything that happens between a request's door and its answer."""

    def __init__(self, settings: Settings, catalog: Catalog, accounts: Accounts, clock: Clock, stubs: Stubs) -> None:
        self._infers = settings.unknown_models == "infer"
        self._refuses_deprecated = settings.deprecated_models == "error"
        self._mode = settings.mode
        # What answers come from elsewhere is for others to judge: credentials, models and inputs pass as they are.
        self.generates = settings.mode == "generate"
        self.upstream: Upstream | None = None
        self._recorder: Recorder | None = None
        if settings.mode in ("record", "proxy"):
            from mock_server.upstream import Upstream

            self.upstream = Upstream(settings.upstream)
        if settings.mode == "record":
            from mock_server.recorder import Recorder

            self._recorder = Recorder(settings.recordings, settings.upstream)
        self.catalog = catalog
        self.accounts = accounts
        self.clock = clock
        self.stubs = stubs
        # Few threads of its own: codecs keep memory for every thread that used them.
        self._media = ThreadPoolExecutor(max_workers=2, thread_name_prefix="media")
        self._known: dict[tuple[str, bytes, int], Known] = {}
        self.journal = Journal()
        self.analytics = Analytics()
        self.journal.listen(self.analytics.enter)
        self.ledger = usage.Ledger()
        self.prefixes = Prefixes()
        self.limits = Limits(settings.limits)
        self.held: dict[int, Entry] = {}  # requests that a fault keeps waiting, not in the journal yet
        self._settings = settings
        if settings.data is not None:
            self.finetunes  # noqa: B018 - what is wrong with the folder is to be told at the start
        if settings.batch_duration != "0":
            self.batches  # noqa: B018 - and so is a duration that is none

    # What most servers never need is imported when it is first wanted: the start is to be quick.
    @cached_property
    def batches(self) -> Batches:
        """The batches of every account."""
        from mock_server.batches import Batches

        return Batches(self._settings.batch_duration)

    @cached_property
    def conversations(self) -> Conversations:
        """What was said in responses and threads that can be gone on with."""
        from mock_server.conversations import Conversations

        return Conversations()

    @cached_property
    def faults(self) -> Faults:
        """Trouble on purpose."""
        from mock_server.faults import Faults

        return Faults()

    @cached_property
    def finetunes(self) -> Finetunes:
        """The LoRA adapters of every account."""
        from mock_server.finetunes import Finetunes

        return Finetunes(self._settings.data)

    @cached_property
    def gateways(self) -> Gateways:
        """The AI gateways of every account."""
        from mock_server.gateways import Gateways

        return Gateways()

    @cached_property
    def shelf(self) -> Shelf:
        """Media that are fetched by address."""
        from mock_server.shelf import Shelf

        return Shelf()

    def forget(self, account: str | None = None) -> None:
        """Forget what is remembered of an account, or of all of them."""
        rooms = (
            self.journal,
            self.analytics,
            self.stubs,
            self.ledger,
            self.prefixes,
            self.accounts,
            self.limits,
            self.clock,
            *(vars(self)[name] for name in LATE if name in vars(self)),
        )
        for room in rooms:
            room.forget(account)

    def admit(self, headers: Mapping[bytes, bytes], account_id: str, name: str, *, in_path: bool) -> Model | None:
        """The model that `name` means, if whoever sent `headers` may ask it on `account_id`.

        None stands for a model that only its inputs can tell (``--unknown-models infer``). Raises ApiError: 401/403
        10000 and 400 6003 for the credentials; 400 7000 (name in the path) or 5007 (in the body), 404 3042 for the
        name; 410 5028, 403 3023, 5035, 5018 for model and account. Where answers are not made here, nothing is refused.
        """
        if not self.generates:
            return self._known_as(name)
        now = self.clock.of(account_id).now()
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
        if not account.credits and "provider" in model.facts:
            raise ApiError(errors.NO_CREDITS, hint=f"the accounts file says that {account_id} has no credits")
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
        405 5005 for a LoRA it cannot load, 429 4006, 3021 or 3040 at a limit, whatever a fault says, and whatever its
        responder has to say about the inputs. A caller that sends the answer calls `leave` when it is sent.
        """
        if self.generates:
            if call.queued or not OF_A_BATCH.isdisjoint(call.inputs):
                told = await self._batch(call)
                if told is not None:
                    return told
            self._examine(call)
        else:
            self._complete(call)
            self._settle(call)
        if self.limits.of(call.account) is not OFF:
            await self._limit(call)
        try:
            return await self._answered(call)
        except BaseException:
            self.limits.leave(call)
            raise

    def leave(self, call: Call) -> None:
        """A call is over: its answer is sent, or cannot be."""
        if call.holds:
            self.limits.leave(call)

    async def _limit(self, call: Call) -> None:
        free = self.accounts.on_free_plan(self.accounts.find(call.account))
        spent = self.ledger.spent(call.account, usage.day_of(call.now))
        await self.limits.admit(call, free=free, spent=spent)

    async def _answered(self, call: Call) -> Answer:
        if FAULT in call.headers or self._has_faults:
            self._strike(call)
        found = self.stubs.reply(call)
        version = self.stubs.version
        if found is not None:
            reply, source = found.reply, found.source
        elif self.upstream is not None:
            reply, source = await self._from_upstream(call, self.upstream), "upstream"
        elif not self.generates:
            raise self._missing(call)
        elif call.model.responder in tasks.TASKS:
            reply, source = await self._respond(call), "responder"
        else:
            realtime = call.model.has("realtime")
            how = "over a WebSocket only: GET this path with Upgrade: websocket" if realtime else "by nothing here yet"
            raise MockError(f"{call.model.name}: {call.model.task} is answered {how}")
        answer = self._billed(call, reply, source)
        if self.generates:
            call.advice = advice.of_question(call, answer, self.catalog)
        if found is None and self.upstream is None:
            if self.stubs.is_settled(call.account, call.model) and self.stubs.version == version:
                self._remember(call, answer)
        elif found is not None and (found.delay or found.pacing):
            answer = replace(answer, delay=found.delay, pacing=found.pacing)
        return answer if call.fault is None else self._late(call, answer)

    async def convert(self, documents: Sequence[Document], options: Any, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Documents as Markdown, as the API shows them: a file that cannot be converted says so in its own result.

        options: the JSON of ``conversionOptions``, or an object that has it under this name. ids: one for each.
        """
        from mock_server import conversion

        read = conversion.Options.read(options)
        found = [await self.in_thread(conversion.convert, each, read) for each in documents]
        return [converted.shown(result_id) for converted, result_id in zip(found, ids, strict=True)]

    def again(self, account: str, model: Model, body: bytes) -> Known | None:
        """What is known of a body that `model` was sent before; None when it was not, or when that may have changed."""
        if self.limits.of(account) is not OFF or not self.stubs.is_settled(account, model):
            return None
        return self._known.get((model.name, body, self.stubs.version))

    def answer_again(self, call: Call, known: Known) -> Answer:
        """The answer to a body that was answered before, entered and billed as the new answer it is."""
        if FAULT in call.headers or self._has_faults:
            self._strike(call)
        answer = known.answer
        if b"x-session-affinity" in call.headers:
            answer = self._billed(call, answer.reply, answer.source)
        else:
            self.ledger.enter(call.account, call.model.name, answer.usage, call.now)
        return answer if call.fault is None else self._late(call, answer)

    @staticmethod
    def _late(call: Call, answer: Answer) -> Answer:
        return replace(answer, delay=answer.delay + call.fault.latency)

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """What `function` returns, called where media work does not keep others waiting."""
        return await asyncio.get_running_loop().run_in_executor(self._media, function, *args)

    async def meet(self, call: Call) -> None:
        """May a conversation over a WebSocket begin: the limits and faults that every call meets before its answer."""
        if not self.generates:
            raise MockError(f"--mode {self._mode}: conversations over a WebSocket are neither recorded nor passed on")
        if self.limits.of(call.account) is not OFF:
            await self._limit(call)
        if FAULT in call.headers or self._has_faults:
            self._strike(call)

    def told(self, call: Call, units: Mapping[str, float]) -> Answer:
        """The bill of what was told outside the one request and answer, entered like any other."""
        return self._billed(call, Result({}, units=units), "responder")

    @property
    def _has_faults(self) -> bool:
        return "faults" in vars(self) and bool(self.faults.rules)

    def _strike(self, call: Call) -> None:
        """Give the call the fault whose turn it is; one that is an error is raised."""
        from mock_server.faults import Struck

        call.fault = self.faults.meet(call) or call.fault
        if call.fault is not None and call.fault.row is not None:
            raise Struck(call.fault, call)

    def _billed(self, call: Call, reply: Reply, source: str) -> Answer:
        if isinstance(reply, Completion):
            reply = self.prefixes.applied(call, reply)
        bill = Usage(reply.tokens, usage.neurons(call.model, reply.tokens, reply.units))
        self.ledger.enter(call.account, call.model.name, bill, call.now)
        return Answer(reply, source, bill)

    def _examine(self, call: Call) -> None:
        """Are the inputs such as the model takes? What is about the sending leaves them; the seed comes of the rest."""
        model = call.model
        if model.agreement:
            self._agreement(call)
        self._complete(call)
        if call.raw is None:
            self._validate(call)
        if "lora" in call.inputs and not model.has("lora"):
            hint = "models with the property lora: see `models`"
            raise ApiError(errors.LORA_UNSUPPORTED, model=model.name, hint=hint)
        if "lora" in call.inputs:
            self._check_lora(call)
        self._settle(call)

    def _complete(self, call: Call) -> None:
        """Give inputs of a form their types, and add what the service assumes where nothing is said."""
        if call.form:
            call.inputs = self.catalog.typed(call.model, call.inputs)
        for name, value in call.model.facts.get("fills", EMPTY).items():
            call.inputs.setdefault(name, value)

    def _known_as(self, name: str) -> Model | None:
        asked = self.catalog.find(name) if name.startswith("@") else self.catalog.third_party(name)
        return None if asked is None else self.catalog.resolve(asked)

    def stand_in(self, name: str, inputs: Inputs) -> Model:
        """A model for a request that is not judged here: of that name, else one that takes such inputs, else none."""
        found = self._known_as(name) or self.catalog.infer(name, inputs)
        return found or Model(name=name, task="", responder="", schema={})

    def _missing(self, call: Call) -> MockError:
        from mock_server import missing

        return MockError(missing.told(call, self.stubs.nearest(call)))

    async def _from_upstream(self, call: Call, upstream: Upstream) -> Reply:
        if call.surface == "binding" or call.headers.get(b"authorization") == self.accounts.vouched or not call.sent:
            where = "a Worker's binding brings no token of its own, and the key of another provider stays here"
            raise MockError(f"--mode {self._mode}: {where}; ask /client/v4/accounts/{{account_id}}/ai/... with a token")
        began = perf_counter()
        answer = await upstream.ask(call.sent, call.headers)
        if self._recorder is None or call.sent.method != "POST":
            return answer
        return self._recorder.keep(call, answer, began)

    def _check_lora(self, call: Call) -> None:
        """400/3039 unless the LoRA is there with its files. What is said of a name nobody knows was never captured.

        Which model it was made for is not asked: the public ones are documented to fit several.
        """
        name = str(call.inputs["lora"])
        if not self.finetunes.usable(call.account, name):
            known = ", ".join(finetune.name for finetune in self.finetunes.public(call.account))
            there = self.finetunes.find(call.account, name) is not None
            hint = f"{name} lacks files: upload both" if there else f"no fine-tune {name}; public ones: {known}"
            raise ApiError(errors.FINETUNE_INCOMPLETE, hint=hint)

    def _validate(self, call: Call) -> None:
        reason = self.catalog.validator(call.model, call.form).error(call.inputs)
        if reason is not None:
            raise ApiError(errors.BAD_INPUT, reason=reason)

    async def _batch(self, call: Call) -> Answer | None:
        """What the queue says of a batch, or of the id of one; None for a call that is neither.

        Documented: `queueRequest` is what queues. Without it a batch is answered at once, in the shape of a done one;
        with it, inputs that are no batch are queued as the only item of one. Raises ApiError: 400 8001 for an id that
        is none of this account (no capture shows what the service says), 413 3006 for more than 10 MB.
        """
        from mock_server import batches

        model, inputs = call.model, call.inputs
        if call.surface == "batch" and "requests" in inputs:
            raise ApiError(errors.INVALID_INPUT, hint="a batch within a batch")
        if call.surface == "batch" or call.form or not batches.takes(model, self.catalog.schema(model, "input")):
            return None
        if FAULT in call.headers:  # meant for this request, not for every item
            self._strike(call)
        if inputs.keys() == {"request_id"}:
            job = self.batches.find(call.account, inputs["request_id"])
            if job is None:
                hint = "no batch of this account has that request_id; the server forgets them when it stops"
                raise ApiError(errors.INVALID_INPUT, hint=hint)
            state = self.batches.state(job, call.now)
        else:
            requests = self._requests(call)
            if requests is None:
                return None
            size = len(call.sent.body) if call.sent else 0
            if size > batches.LARGEST:
                raise ApiError(errors.TOO_LARGE, hint=f"a batch has {batches.LARGEST} bytes at most, this one {size}")
            headers = {name: value for name, value in call.headers.items() if name != FAULT}
            job = batches.Job(call.request_id, call.account, model, call.now, size, requests, headers, call.raw)
            state = "done"
            if call.queued:
                self.batches.submit(job)
                state = "queued"
        if state == "done":
            entries, bill = await job.work(call.now, self._item)
            told = {"responses": entries, "usage": formats.usage_object(bill.tokens or Tokens(0), bill.neurons)}
        else:
            told, bill = batches.told(job, state, call.surface), Usage(None, 0.0)
        answer = Answer(Result(told, verbatim=True), "batch", bill)
        return answer if call.fault is None else self._late(call, answer)

    def _requests(self, call: Call) -> list[Any] | None:
        """The items of a batch: its `requests`, or what is to be queued alone; None when the call is no batch."""
        model, inputs = call.model, call.inputs
        alone = formats.pick(model, inputs) is None if model.formats else "text" not in inputs
        if "requests" not in inputs or not alone:
            if call.queued and call.raw is None:
                self._validate(call)
            return [inputs] if call.queued else None
        if model.agreement:
            self._agreement(call)
        requests = inputs["requests"]
        if not isinstance(requests, list):
            self._validate(call)
            raise ApiError(errors.INVALID_INPUT, hint="requests is no list")  # where the schema has nothing against it
        return requests

    async def _item(self, call: Call) -> tuple[Any, Usage]:
        """An item of a batch, answered as the same request alone: the JSON of its result, or bytes; and its bill."""
        answer = await self.answer(call)
        reply, bill = answer.reply, answer.usage
        if isinstance(reply, Binary):
            return reply, bill
        if isinstance(reply, Raw):
            raise MockError(f"{call.model.name}: an answer that is passed on as it is cannot stand in a batch")
        format_ = None if isinstance(reply, Result) and reply.verbatim else formats.of(call.model, call.inputs)
        if format_ is not None:
            return format_.render(reply, call, bill), bill
        assert isinstance(reply, Result), f"{call.model.name}: a completion without a format"
        return formats.with_usage(reply, bill), bill

    def _remember(self, call: Call, answer: Answer) -> None:
        """The same body to the same model means the same answer: responders are pure, and so is what fixtures match."""
        heavy = tasks.TASKS[call.model.responder].heavy
        if not call.body or heavy or call.model.agreement or b"x-session-affinity" in call.headers:
            return
        if "lora" in call.inputs:  # not every account has it
            return
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        known = Known(call.inputs, call.stream, call.stream_options, call.seed, answer, call.advice)
        self._known[call.model.name, call.body, self.stubs.version] = known

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
