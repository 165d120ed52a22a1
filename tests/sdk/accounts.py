"""Accounts of every provider at the scripted upstream, as logins would have left them."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROBOT = HERE.parent.parent / "providers/tests/support/service_account.json"
# The models that the cases for accounts ask for.
MODELS = ["up-text", "up-tools", "up-thinking", "up-429", "up-400"]
CHAT, CLAUDE, GEMINI, RESPONSES, KIRO = "chat", "claude", "gemini", "responses", "kiro"
# A model that only the list of a provider tells of.
LISTED = "up-unicode@responses"
# Each place, and the dialect that is spoken there. Some accounts speak more than one, or serve models that are not alike.
DIALECTS = {
    "claude-max": CLAUDE,
    "codex": RESPONSES,
    "gemini-cli": GEMINI,
    "antigravity": GEMINI,
    "antigravity-claude": GEMINI,
    "kiro": KIRO,
    "iflow": CHAT,
    "qwen": CHAT,
    "copilot": CHAT,
    "copilot-responses": RESPONSES,
    "kimi": CHAT,
    "xai": CHAT,
    "vertex": GEMINI,
}
# What lets each in, and below which place.
TOKENS = {
    "token-claude": "claude",
    "token-codex": "codex",
    "token-gemini": "gemini",
    "token-antigravity": "antigravity",
    "token-kiro": "kiro",
    "key-iflow": "iflow",
    "token-qwen": "qwen",
    "token-github": "copilot",
    "token-copilot": "copilot",
    "token-kimi": "kimi",
    "token-xai": "xai",
    "token-vertex": "vertex",
}


def write(folder, upstream):
    """The files of the accounts."""
    folder.mkdir(mode=0o700)
    for name, account in files(upstream).items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(account, indent=2))
        path.chmod(0o600)


def environment(upstream):
    """Where GitHub gives out tokens for Copilot, which no file says."""
    return {"MODELGATE_GITHUB_COPILOT_REFRESH_URL": f"{upstream}/accounts/copilot/copilot_internal/v2/token"}


def files(upstream):
    """What each file says beside what all say; nothing ends soon, and few are asked for a list of models."""

    def account(kind, place, names=None, **fields):
        base = {"type": kind, "base_url": f"{upstream}/accounts/{place}", "fetch_models": False}
        base |= {"access_token": f"token-{kind}", "refresh_token": "none", "expired": "2099-01-01T00:00:00Z"}
        account = base | {"model_aliases": names or aliases(place)} | fields
        return {name: value for name, value in account.items() if value is not None}

    robot = json.loads(ROBOT.read_text()) | {"token_uri": f"{upstream}/accounts/vertex/token"}
    of_claude = aliases("antigravity-claude", "claude-sonnet-4-5-")
    return {
        "claude-a": account("claude", "claude", aliases("claude-max")),
        "codex-a": account("codex", "codex", account_id="workspace-1"),
        "gemini-a": account("gemini", "gemini", aliases("gemini-cli"), project_id="p-1"),
        "antigravity-a": account("antigravity", "antigravity", aliases("antigravity") + of_claude, project_id="p-1"),
        "kiro-a": account(
            "kiro", "kiro", auth_method="social", profile_arn="arn:aws:codewhisperer:us-east-1:1:profile/A"
        ),
        "iflow-a": account("iflow", "iflow/v1", aliases("iflow"), api_key="key-iflow"),
        "qwen-a": account("qwen", "qwen/v1", aliases("qwen")),
        # Where it is served comes with its token, and what is served in Responses only with its list.
        "copilot-a": account(
            "github-copilot",
            "copilot",
            aliases("copilot") + aliases("copilot-responses", end="@responses"),
            access_token="token-github",
            base_url=None,
            fetch_models=True,
        ),
        "kimi-a": account("kimi", "kimi/v1", aliases("kimi"), device_id="device-1"),
        "xai-a": account("xai", "xai/v1", aliases("xai")),
        "vertex-a": account("vertex", "vertex", service_account=robot, project_id="project-1", location="europe-west4"),
    }


def aliases(place, vendor="", end=""):
    return [{"name": f"{vendor}{name}{end}", "alias": name.replace("up-", f"{place}-", 1)} for name in MODELS]
