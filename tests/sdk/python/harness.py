"""The table of cases, and what both SDK suites expect of the scripted upstream's answers."""

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
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
# The tokens of `usage-cache` by upstream: those of the prompt, read from and written to the cache, and of the answer.
CACHE = {
    "chat": (1000, 300, 200, 4), "claude": (22044, 22000, 31, 4), "gemini": (100, 30, 0, 70), "responses": (1000, 300, 200, 4),
}
# Gemini has no switch for it.
NO_PARALLEL = ("chat", "claude", "responses")
SEEN = [{"media_type": "image/png", "sha256": hashlib.sha256(base64.b64decode(PIXEL)).hexdigest()}]

SETTINGS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
CASES = []


class Route:
    """Where the models of one run of the table live."""

    def __init__(self, client, upstream):
        self.client = client
        self.upstream = upstream

    def model(self, name):
        if SETTINGS["direct"]:
            return f"up-{name}"
        return {"chat": "c-", "claude": "a-", "gemini": "g-", "responses": "r-"}[self.upstream] + name


ALL = ("chat", "claude", "gemini", "responses")


def case(name, on=ALL, direct=True):
    """Adds a case; `on` are the upstream dialects it has a meaning for, `direct` whether it does without a gateway."""

    def add(function):
        CASES.append((name, on, direct, function))
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
    for upstream in SETTINGS["routes"]:
        for name, on, direct, function in CASES:
            if upstream not in on or (SETTINGS["direct"] and not direct) or SETTINGS["only"] not in name:
                continue
            error = None
            try:
                function(Route(client, upstream))
            except Exception as problem:
                place = traceback.extract_tb(problem.__traceback__)
                line = next((frame for frame in reversed(place) if frame.filename.endswith("_cases.py")), place[-1])
                error = f"line {line.lineno}: {line.line}: {type(problem).__name__}: {str(problem)[:600]}"
            print(json.dumps({"route": upstream, "case": name, "error": error}), flush=True)


def schema_of(route, received):
    """The schema that the upstream was asked to answer by, in the place its dialect has for it."""
    match route.upstream:
        case "chat":
            return received["json_schema"]["schema"]
        case "claude":
            return received["format"]["schema"]
        case "gemini":
            return received["responseJsonSchema"]
        case "responses":
            return received["schema"]


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
