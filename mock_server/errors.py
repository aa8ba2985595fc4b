"""The errors of the imitated API: one table of rows, and the exception that carries a row through the house.

A row says which number, which HTTP status, which words and which of the API's envelopes. The envelopes differ in key
order and in what stands for "no result", and each layer of the real service writes its own (``Envelope``).

Sources: the public errors page of Workers AI (documented), captured exchanges (observed; they win where both exist).
Rows whose words nobody has seen say so in their comment; they follow the grammar of the observed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple


class Envelope(Enum):
    """Who raised an error, hence how its body is written."""

    AUTH = "auth"  # result, success, errors, messages; code before message; result null
    ROUTER = "router"  # success, errors, messages, result; code before message; result null
    ROUTER_ESCAPED = "router-escaped"  # the same, with "/" written as "\/" (an older layer)
    BARE = "bare"  # success and errors only
    WORDS = "words"  # errors, a string, and success
    CODELESS = "codeless"  # errors, result, success; a message without a code; result {}
    SERVICE = "service"  # errors, success, result, messages; message before code; result {}
    GATEWAY = "gateway"  # AI Gateway's own: like SERVICE on the API's host; on the gateway's host see api.gateway
    MESSAGES = "messages"  # Anthropic's: type and message, no code
    FIELDS = "fields"  # of AI Gateway's settings: errors, success, result, messages; code first; a path for each field


class Row(NamedTuple):
    """One kind of error.

    code: the number in ``errors[0].code``.
    status: the HTTP status.
    text: the message with ``{placeholders}``, without the ``AiError: `` prefix and the request id.
    envelope: which layer's body.
    title: of SERVICE rows, what stands between ``AiError: `` and the text (``"No such model: "``).
    chain: codes and messages of ``error_chain``.
    """

    code: int
    status: int
    text: str
    envelope: Envelope = Envelope.SERVICE
    title: str = ""
    chain: tuple[tuple[int, str], ...] = ()


# --- the front door: routing and authentication -----------------------------------------------------------------------
NO_ROUTE = Row(7000, 400, "No route for that URI", Envelope.ROUTER)
BAD_ACCOUNT = Row(7003, 404, "Could not route to {path}, perhaps your object identifier is invalid?", Envelope.AUTH)
UNKNOWN_PATH = Row(  # written with a second error, NO_ROUTE's
    7003, 400, "Could not route to {path}, perhaps your object identifier is invalid?", Envelope.ROUTER_ESCAPED
)
METHOD_NOT_ALLOWED = Row(7001, 405, "{method} not supported for requested URI.", Envelope.AUTH)
AUTHENTICATION = Row(10000, 401, "Authentication error", Envelope.AUTH)
FORBIDDEN = Row(10000, 403, "Authentication error", Envelope.AUTH)
BAD_AUTHORIZATION = Row(
    6003, 400, "Invalid request headers", Envelope.ROUTER,
    chain=((6111, "Invalid format for Authorization header"),),
)  # fmt: skip
BAD_AUTH_KEY = Row(
    6003, 400, "Invalid request headers", Envelope.ROUTER,
    chain=((6103, "Invalid format for X-Auth-Key header"),),
)  # fmt: skip
BAD_AUTH_EMAIL = Row(
    6003, 400, "Invalid request headers", Envelope.ROUTER,
    chain=((6102, "Invalid format for X-Auth-Email header"),),
)  # fmt: skip
BAD_AUTH_EMAIL_AND_KEY = Row(
    6003, 400, "Invalid request headers", Envelope.ROUTER,
    chain=((6102, "Invalid format for X-Auth-Email header"), (6103, "Invalid format for X-Auth-Key header")),
)  # fmt: skip
# Of a malformed token: code and status observed on models/search, these words on other routes of the API.
NOT_AUTHENTICATED = Row(9106, 400, "Authentication failed (status: 400)", Envelope.ROUTER)
MISSING_HEADERS = Row(9106, 400, "Missing X-Auth-Key, X-Auth-Email or Authorization headers", Envelope.BARE)
INVALID_ACCESS_TOKEN = Row(9109, 403, "Invalid access token", Envelope.ROUTER)
UNAUTHORIZED = Row(9109, 403, "Unauthorized to access requested resource", Envelope.ROUTER)
NO_ACCOUNT_TOKENS = Row(
    1001, 400, "List accounts endpoint does not support account owned tokens.", Envelope.ROUTER
)  # fmt: skip
UNKNOWN_KEY = Row(9103, 403, "Unknown X-Auth-Key or X-Auth-Email", Envelope.ROUTER)
INVALID_TOKEN = Row(1000, 401, "Invalid API Token", Envelope.ROUTER)
MISSING_AUTHORIZATION = Row(1001, 400, 'Missing "Authorization" header', Envelope.ROUTER)
BAD_JSON = Row(6003, 400, "Invalid request body", Envelope.AUTH)  # code observed, words not

# --- Workers AI itself ------------------------------------------------------------------------------------------------
NO_SUCH_MODEL = Row(5007, 400, "No such model {model} or task", title="No such model: ")
INVALID_MODEL_ID = Row(3042, 404, "The model name is invalid", title="Invalid model ID: ")  # documented only
BAD_INPUT = Row(5006, 400, "Error: {reason}", title="Bad input: ")
INVALID_BASE64 = Row(5004, 400, "Invalid data type for base64 input: {type}", title="Invalid data: ")  # documented only
INCOMPLETE = Row(3003, 400, "Request is missing headers or body: {what}", title="Incomplete request: ")  # documented
TOO_LARGE = Row(3006, 413, "Request is too large", title="Request too large: ")  # documented only
DEPRECATED = Row(
    5028, 410, "{model} was deprecated on {date}. See the model catalog for alternatives",
    title="Model has been deprecated: ",
)  # fmt: skip
NEEDS_PAID_PLAN = Row(
    5035, 403,
    "Model {model} is not available on the Workers Free plan. "
    "Upgrade to access this model: https://dash.cloudflare.com/?to=/:account/workers/plans",
    title="Model {model} is not available on the Workers Free plan: ",
)  # fmt: skip
NOT_ALLOWED = Row(5018, 403, "This account is not allowed to access {model}", title="Ai: ")
# The observed text goes on with the address of a licence that no capture shows whole; what is known ends here.
MUST_AGREE = Row(
    5016, 403,
    "Prior to using this model, you must submit the prompt 'agree'. "
    "By submitting 'agree', you hereby agree to the {model} Community License",
    title="Model Agreement: ",
)  # fmt: skip
AGREED = Row(
    5016, 403, "Thank you for agreeing to this model's terms. You may now use the model.", title="Model Agreement: "
)
ACCOUNT_BLOCKED = Row(3023, 403, "Service unavailable for account", title="Account blocked: ")  # documented only
LORA_UNSUPPORTED = Row(
    5005, 405, "The model {model} does not support LoRa inference", title="LoRa unsupported: "
)  # documented only
FINETUNE_INCOMPLETE = Row(
    3039, 400, "Finetune is missing required files (model.safetensors and config.json)",
    title="Finetune missing required files: ",
)  # fmt: skip  # documented only
# Of the next two only the shapes are documented, which show no code; the words are ours.
BAD_FINETUNE = Row(0, 400, "{reason}", Envelope.WORDS)
BAD_LISTING = Row(0, 400, "{reason}", Envelope.CODELESS)
JSON_MODE_FAILED = Row(5025, 400, "JSON Mode couldn't be met", title="AiError: ")  # words documented, code recalled
# OpenAI's words; what Workers AI says of a response it does not know was not captured.
NO_PREVIOUS_RESPONSE = Row(8001, 400, "Previous response with id '{id}' not found.", title="AiError: ")
INVALID_INPUT = Row(8001, 400, "Invalid input", title="AiError: ")
INFERENCE_FAILED = Row(5012, 529, "Clef inference failed", title="AiError: ")  # what stood around these is unknown
UNPROCESSABLE = Row(5012, 422, "{detail}", title="AiError: ")  # detail: the model server's own JSON
CONTEXT_EXCEEDED = Row(
    5021, 413,
    "The estimated number of input and maximum output tokens ({tokens}) "
    "exceeded this model context window limit ({limit}).",
    title="Ai: ",
)  # fmt: skip
UNSAFE = Row(8007, 400, "Input prompt contains NSFW content.", title="AiError: ")
CONTEXT_OVERFLOW = Row(8007, 400, "{detail}", title="AiError: ")  # detail: the engine's own JSON
CONTEXT_OVERFLOW_VLLM = Row(8, 400, "{detail}", title="AiError: ")  # the same from the other engine
FLAGGED = Row(
    3030, 400, "Your output has been flagged. Please choose another prompt / input image combination",
    title="AiError: ",
)  # fmt: skip
SEQUENCE_TOO_LONG = Row(3030, 400, "Sequence too long: {tokens} > {limit}", title="AiError: ")
MAX_CONTEXT = Row(
    3030, 400, "Max context reached {tokens} tokens but model supports only {limit}", title="AiError: "
)  # fmt: skip
ALLOCATION_USED = Row(
    4006, 429,
    "you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan "
    "if you would like to continue usage.",
    title="AiError: ",
)  # fmt: skip
RATE_LIMITED = Row(3021, 429, "rate limiting: inference request per min rate reached")
OUT_OF_CAPACITY = Row(3040, 429, "Capacity temporarily exceeded, please try again.")

# --- what befalls a request whatever it asks; only faults call these --------------------------------------------------
INTERNAL = Row(3043, 500, "Internal server error", title="AiError: ")
RETRIES_EXHAUSTED = Row(3050, 503, "Max retries exhausted")  # known from a test double only
UPSTREAM_UNAVAILABLE = Row(7009, 502, "Upstream service unavailable", Envelope.AUTH)  # its status was not captured
TIMEOUT = Row(3007, 408, "Request timeout", title="Timeout: ")  # documented only, as are the next four
ABORTED = Row(3008, 408, "Request was aborted", title="Aborted: ")
ACCOUNT_LIMITED = Row(
    3036, 429, "You have used up your daily free allocation of 10,000 neurons.", title="Account limited: "
)
PRIVATE_MODEL = Row(3041, 403, "The account is not allowed to access this model", title="Ai: ")
OLD_SDK = Row(5019, 405, "Request trying to use deprecated SDK version", title="Deprecated SDK version: ")

# --- AI Gateway -------------------------------------------------------------------------------------------------------
UNKNOWN_GATEWAY = Row(2001, 400, "Please configure AI Gateway in the Cloudflare dashboard", Envelope.GATEWAY)
GATEWAY_RATE = Row(2003, 429, "Rate limited", Envelope.GATEWAY)
NO_CREDITS = Row(  # code, status and words observed; the envelope is that of 2003
    2021, 402, "Insufficient balance; add money to your gateway or use BYOK", Envelope.GATEWAY
)
# The same on the gateway's host, where it was captured with these words.
NO_UNIFIED_CREDITS = Row(
    2021, 402,
    "Insufficient unified billing credits. Please add additional credits on the AI Gateway Cloudflare dashboard "
    "to continue using provider models.",
    Envelope.GATEWAY,
)  # fmt: skip
UNKNOWN_PROVIDER = Row(2008, 400, "Invalid provider", Envelope.GATEWAY)
UNKNOWN_SLUG = Row(2008, 400, "Model not found: {model}", Envelope.GATEWAY)
GATEWAY_UNAUTHORIZED = Row(2009, 401, "Unauthorized", Envelope.GATEWAY)
# Captured with an alias configured; nobody captured what stands at the end where none is.
NO_PROVIDER_KEY = Row(
    2040, 400, "Provider '{provider}' has no BYOK credential named '{alias}'. Configured aliases: ", Envelope.GATEWAY
)
GATEWAY_BODY = Row(7000, 500, "Invalid request body", Envelope.ROUTER)  # code and words observed, envelope not
REQUEST_TIMEOUT = Row(3046, 408, "Request timeout", title="AiError: ")
# Of the routes that manage gateways. 7001 was seen with "Required" and ["body", "id"]; the words for other fields are
# those of the validator that says so. 7002 and its words are documented only; nobody captured the envelope of either.
GATEWAY_FIELD = Row(7001, 400, "{message}", Envelope.FIELDS)
GATEWAY_NOT_FOUND = Row(7002, 404, "Not Found", Envelope.FIELDS)

# --- ai/v1/messages, in Anthropic's shape: the first two observed, the third in the words of its API ------------------
MESSAGES_UNSUPPORTED = Row(
    0, 400, 'AiError: Anthropic Messages API is not supported for model "{model}" ({request})', Envelope.MESSAGES
)
MESSAGES_NO_MODEL = Row(0, 404, "Model not found: {model}", Envelope.MESSAGES)
MESSAGES_INVALID = Row(0, 400, "{reason}", Envelope.MESSAGES)
MESSAGES_NO_THREAD = Row(0, 404, "No thread goes on from message {message}", Envelope.MESSAGES)  # words ours


@cache
def named() -> Mapping[str, Row]:
    """Every row by its name in small letters."""
    return {name.lower(): row for name, row in globals().items() if isinstance(row, Row)}


class ApiError(Exception):
    """An answer that is a refusal.

    row: which kind. values: what fills the row's placeholders. hint: one line for the ``x-mock-hint`` header, our own
    words about what to do here; never part of the body. source: the stub that says so, "" for none. delay: seconds
    before it is said. fault: the trouble on purpose (``faults.Fault``) that it is.
    """

    source: str = ""
    delay: float = 0.0
    fault: Any = None

    def __init__(self, row: Row, *, hint: str = "", **values: Any) -> None:
        super().__init__(row.code, row.text)
        self.row = row
        self.values = values
        self.hint = hint

    def message(self, request_id: str = "") -> str:
        """The words of ``errors[0].message``; SERVICE rows get their prefix, and the request id in parentheses."""
        row = self.row
        if row.envelope is not Envelope.SERVICE:
            return row.text.format_map(self.values)
        text = f"AiError: {row.title}{row.text}".format_map(self.values)
        return f"{text} ({request_id})" if request_id else text


class MockError(Exception):
    """Trouble of our own (configuration, a fixture, a corner that is not built): never looks like Cloudflare's.

    status: 501 for what is not built or not there, 422 for bad input of our own making (settings, headers, routes), 401
    and 404 of our own routes, 502 and 504 of an upstream.
    """

    def __init__(self, message: str, *, status: int = 501) -> None:
        super().__init__(message)
        self.status = status
