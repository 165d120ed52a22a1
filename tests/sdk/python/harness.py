"""The table of cases, and what all suites expect of the scripted upstream's answers."""

import base64
import hashlib
import json
import sys
import traceback

HELLO = "Hello from the scripted upstream."
THOUGHT = "The user asks; I first think about it – carefully."
UNICODE = (
    "Grüße 👩‍👩‍👧‍👦🇨🇭 漢字かな交じり文 שלום \u2028line\u2029paragraph NUL[\0] quote\" back\\slash tab\tnew\nline end"
)
ARGUMENTS = {"city": "Zürich", "days": 3, "exact": True}
OTHER_ARGUMENTS = {"city": "東京", "days": 1, "exact": False}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "exact": {"type": "boolean"}}}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
# Its base64 has both characters that the other alphabet spells differently; Google's SDKs send that one.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgcvgNAAGFAT5h+/yEAAAAAElFTkSuQmCC"
SEEN = [{"media_type": "image/png", "sha256": hashlib.sha256(base64.b64decode(PIXEL)).hexdigest()}]
REFUSAL = "I cannot help with that."
# Case, model, status, the word for it in the class names of the openai and anthropic SDKs, Anthropic's type of it.
ERRORS = [
    ("error 400", "400", 400, "BadRequestError", "invalid_request_error"),
    ("error 401", "401", 401, "AuthenticationError", "authentication_error"),
    ("error 403", "403", 403, "PermissionDeniedError", "permission_error"),
    ("error 404", "404", 404, "NotFoundError", "not_found_error"),
    ("error 429", "429", 429, "RateLimitError", "rate_limit_error"),
    ("error 500", "500", 500, "InternalServerError", "api_error"),
    ("error 503", "503", None, "InternalServerError", "overloaded_error"),
    ("error 529", "529", None, "InternalServerError", "overloaded_error"),
    ("html 502", "html-502", None, "InternalServerError", None),
]
# What must raise whether streamed or not, and what only a stream shows.
BROKEN = [("cut stream", "cut"), ("error in stream", "error-in-stream"), ("error first", "error-first")]
BROKEN_STREAMS = [("clean cut", "cut-clean"), ("no finish reason", "no-finish"), ("cut tool call", "cut-tools")]
NO_ANSWER = [("html 200", "html"), ("empty 200", "empty")]
WRAPPED = [("crlf", "crlf"), ("comments", "comments"), ("one byte", "one-byte"), ("gzip", "gzip")]
TOOL_IMAGES = [("image in a tool result", "tool-image"), ("the same, third Gemini", "gemini-3-flash-tool-image")]

SETTINGS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
CASES = []


class Route:
    """Where the models of one run of the table live."""

    def __init__(self, client, place):
        self.client = client
        self.upstream = place["upstream"]
        self.prefix = place["prefix"]

    def model(self, name):
        """The model of a scenario. `gemini-3-flash-` before it means Gemini's third generation, on that upstream only."""
        short = name.removeprefix(THIRD)
        third = THIRD if name != short and self.upstream == "gemini" else ""
        before, after = (third, self.prefix) if SETTINGS["direct"] else (self.prefix, third)
        return before + after + short


THIRD = "gemini-3-flash-"
UPSTREAMS = ("chat", "claude", "gemini", "responses", "kiro")
# Why a case has no meaning somewhere.
SAME_BYTES = "between a client and an upstream of one dialect the bytes pass as they are"
CHAT_ODDITY = "only servers that speak Chat are known for it"
NO_SWITCH = "Gemini cannot be told to make one call at a time"
NO_GATEWAY = "the gateway's own work"


def only(*upstreams, because):
    """For `without`: everywhere but on these upstreams."""
    return {upstream: because for upstream in UPSTREAMS if upstream not in upstreams}


def case(name, without=None, direct=True):
    """Adds a case; `without` names the upstream dialects that cannot carry it, each with the reason, and `direct` whether
    it has a meaning without a gateway."""

    def add(function):
        CASES.append((name, without or {}, direct, function))
        return function

    return add


def cases(names, **options):
    """Adds one case per name of a table; the function gets the row."""

    def add(function):
        for name, *row in names:
            case(name, **options)(lambda route, row=row: function(route, *row))
        return function

    return add


def run(client):
    """Runs the table on every route and prints one JSON line per result."""
    for route, place in SETTINGS["routes"].items():
        for name, without, direct, function in CASES:
            if SETTINGS["only"] not in name or name not in place.get("cases", [name]):
                continue
            reason = without.get(place["upstream"]) or (SETTINGS["direct"] and not direct and NO_GATEWAY)
            if reason:
                print(json.dumps({"route": route, "case": name, "left_out": reason}), flush=True)
                continue
            error = None
            try:
                function(Route(client, place))
            except Exception as problem:
                frames = traceback.extract_tb(problem.__traceback__)
                line = next((frame for frame in reversed(frames) if frame.filename.endswith("_cases.py")), frames[-1])
                error = f"line {line.lineno}: {line.line}: {type(problem).__name__}: {str(problem)[:600]}"
            print(json.dumps({"route": route, "case": name, "error": error}), flush=True)


def equal(found, expected):
    assert found == expected, f"found {found!r}, expected {expected!r}"


def raises(kind, call):
    """The exception `call` must raise; a failed assertion of our own is not it."""
    try:
        value = call()
    except AssertionError:
        raise
    except kind as problem:
        return problem
    raise AssertionError(f"nothing was raised; the answer was {str(value)[:300]!r}")


def schema_seen(upstream, received):
    """The JSON schema in the wishes for an answer's form, as the upstream of this dialect reports them."""
    path = {"chat": ["json_schema", "schema"], "claude": ["format", "schema"], "gemini": ["responseJsonSchema"], "responses": ["schema"]}
    received = json.loads(received)
    for key in path[upstream]:
        received = received[key]
    return received


def cached(upstream):
    """The counts of `usage-cache`: tokens neither read from a cache nor written to it, read, written, given out."""
    return {"chat": (500, 300, 200, 4), "claude": (13, 22000, 31, 4), "gemini": (70, 30, 0, 70), "responses": (500, 300, 200, 4)}[upstream]


def refusal(upstream):
    """The text of a refusal in an answer. Gemini refuses the prompt, and the gateway says so."""
    return f"The prompt was blocked (PROHIBITED_CONTENT): {REFUSAL}" if upstream == "gemini" else REFUSAL
