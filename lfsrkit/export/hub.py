"""Folders as the Hugging Face hub has them: a model with its card, and the push of a model or of pairs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from lfsrkit.errors import LfsrkitError, UsageError
from lfsrkit.export.base import Exported, refuse_existing
from lfsrkit.files import write_json, write_whole
from lfsrkit.models import Restorer, count_parameters, load, read_header, save
from lfsrkit.models.weights import CONFIG_FILE, FILE_NAME, Header
from lfsrkit.pairs.manifest import read_manifest
from lfsrkit.seen import PICTURES_KEY, to_export

Kind = Literal["model", "dataset"]

CONFIG, CARD = "config.json", "README.md"

_TEXT = """---
{head}---

# {name}, {scale} times larger

Restores photographs of faces that are dark and small at once. Made with lfsrkit {version}.

| | |
|---|---|
| architecture | `{name}` |
| parameters of it | `{params}` |
| numbers to learn | {numbers:,} |
| purpose | {purpose} |
| method | {paper} |
{recorded}
## Use

```
pip install lfsrkit
lfsrkit enhance PATH/OF/THIS/FOLDER dark.png --out bright
```

```python
from lfsrkit import models
model = models.load("PATH/OF/THIS/FOLDER")   # (n, 3, h, w), sRGB from 0 to 1
```

## Limits

What such a network draws is plausible, not certain: it must not be used to tell who somebody is. It was trained on
synthetic pairs; real photographs differ from them. To be completed by who publishes it: the faces it was trained on,
their licence, which binds these weights, and the scores on a named protocol (`lfsrkit evaluate`).
{settings}"""


@dataclass(frozen=True)
class Push:
    """What goes to the hub."""

    repository: str
    """``NAME`` or ``OWNER/NAME``."""
    kind: Kind
    files: tuple[str, ...]
    bytes: int
    url: str | None = None
    """Where it is now; None after a dry run."""


def export_hub(model: str | Path, out: str | Path, *, allow_code: bool = False) -> Exported:
    """Write a folder with the weights, what makes the model again, and a card.

    The folder is one that `lfsrkit.models.load` and every command take as a model.

    Args:
        model: A run folder, a ``.safetensors`` file, or the name of weights that ship.
        out: Folder to make.
        allow_code: As in `lfsrkit.models.load`.

    Raises:
        UsageError: If there is no such model.
        OutputRefused: If `out` holds something.
    """
    out = Path(out)
    refuse_existing(out)
    header, made = read_header(model), load(model, allow_code=allow_code)
    save(made, out / FILE_NAME, name=header.name, params=header.params, extra={**header.extra, **to_export(model)})
    write_json(
        out / CONFIG,
        {
            "library_name": "lfsrkit",
            "model_type": header.name,
            "params": dict(header.params),
            "scale": made.scale,
            "lfsrkit_version": header.version,
        },
    )
    write_whole(out / CARD, _card(header, made, _settings(Path(model))).encode())
    return Exported(out, {"files": ", ".join(_files(out)), "numbers to learn": count_parameters(made)})


def plan_push(folder: str | Path, repository: str, kind: Kind) -> Push:
    """Say what a push would send.

    Args:
        folder: From `export_hub`, or a finished build of pairs.
        repository: ``NAME`` or ``OWNER/NAME``.
        kind: ``model`` or ``dataset``.

    Raises:
        UsageError: If the folder is no such thing, or the hub would refuse the name.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    folder = Path(folder)
    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise UsageError(f"{repository!r} is no name for the hub: {error}") from None
    if kind == "dataset":
        read_manifest(folder)
    elif not (folder / FILE_NAME).is_file() or not (folder / CARD).is_file():
        raise UsageError(f"{folder} holds no {FILE_NAME} with a {CARD}; make it with `lfsrkit export --to hub`")
    files = _files(folder)
    return Push(repository, kind, tuple(files), sum((folder / name).stat().st_size for name in files))


def push(folder: str | Path, repository: str, kind: Kind, *, private: bool = True) -> Push:
    """Send a folder to the hub, as the user that ``hf auth login`` or ``HF_TOKEN`` names.

    Args:
        folder: As in `plan_push`.
        repository: As in `plan_push`; made when missing.
        kind: ``model`` or ``dataset``.
        private: Whether a repository that is made is private.

    Raises:
        UsageError: As in `plan_push`.
        LfsrkitError: If the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi

    folder = Path(folder)
    plan = plan_push(folder, repository, kind)
    api = HfApi()
    try:
        made = api.create_repo(repository, repo_type=kind, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=made.repo_id,
            repo_type=kind,
            folder_path=folder,
            allow_patterns=list(plan.files),
            commit_message="Upload with lfsrkit",
        )
    except Exception as error:  # the client raises whatever the network and the hub lead it to
        reason = str(error).strip().partition("\n")[0]
        raise LfsrkitError(f"{repository} was not pushed: {type(error).__name__}: {reason}") from error
    return Push(made.repo_id, kind, plan.files, plan.bytes, str(made))


def _files(folder: Path) -> list[str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.relative_to(folder).as_posix() for path in paths if not path.match("*.tmp")]


def _card(header: Header, made: Restorer, settings: str) -> str:
    return _TEXT.format(
        head=yaml.safe_dump(
            {
                "library_name": "lfsrkit",
                "pipeline_tag": "image-to-image",
                "tags": ["low-light", "face", "super-resolution", "lfsrkit"],
            },
            sort_keys=False,
        ),
        name=header.name,
        scale=made.scale,
        version=header.version,
        params=json.dumps(dict(header.params)),
        numbers=count_parameters(made),
        purpose=made.info.purpose.replace("_", "-"),
        paper=made.info.paper or "not recorded",
        recorded=_recorded(header.extra),
        settings=settings,
    )


def _recorded(extra: Mapping[str, Any]) -> str:
    rows = ((key.replace("_", " "), value) for key, value in extra.items() if key != PICTURES_KEY)
    return "".join(f"| {key} | `{value}` |\n" for key, value in rows)


def _settings(run: Path) -> str:
    """Give the configuration of a run, where it is one."""
    path = run / CONFIG_FILE
    if not path.is_file():
        return ""
    return f"\n## Training\n\n```toml\n{path.read_text(encoding='utf-8').strip()}\n```\n"
