"""``app``: the page in a browser."""

from typing import Annotated

import typer

from lfsrkit_cli.command import exit_code_of
from lfsrkit_cli.options import AllowCode, Device, DryRun, model_names
from lfsrkit_cli.output import remark, say


def web(
    *,
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            autocompletion=model_names,
            default_factory=list,
            help="Run folders or .safetensors files to choose from, beside those that ship and bicubic.",
            show_default=False,
        ),
    ],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; others than 127.0.0.1 let other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    upload_megabytes: Annotated[int, typer.Option(metavar="N", min=1, help="Largest file that is taken.")] = 20,
    megapixels: Annotated[int, typer.Option(metavar="N", min=1, help="Largest picture that is decoded.")] = 16,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser.")] = False,
    device: Device = "auto",
    allow_code: AllowCode = False,
    dry_run: DryRun = False,
) -> None:
    """Open a page: restore pictures, play with degradations.

    Example: lfsrkit app runs/first
    """
    from lfsrkit.app import Limits, opened

    limits = Limits(upload_bytes=upload_megabytes * 2**20, pixels=megapixels * 2**20)
    with opened(models, host=host, port=port, limits=limits, device=device, allow_code=allow_code) as site:
        say(site.url)
        if dry_run:
            say("dry run: nothing is served")
            return
        remark("Ctrl-C ends it")
        if browser:
            typer.launch(site.url)
        try:
            site.run()
        except KeyboardInterrupt as stop:  # how a page ends, and no error
            raise typer.Exit(exit_code_of(stop)) from None
