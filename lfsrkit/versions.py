"""Versions of what numbers and files depend on."""

from importlib.metadata import version


def versions() -> dict[str, str]:
    """Name the versions that a build or a run depends on."""
    import lfsrkit

    names = ("torch", "numpy", "pillow", "pyarrow", "kornia")
    return {"lfsrkit": lfsrkit.__version__, **{name: version(name) for name in names}}
