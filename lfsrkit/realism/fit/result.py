"""A fitted chain with its proof, and the recipe that holds both."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lfsrkit.degradations import Chain, chain_from_text
from lfsrkit.errors import OutputRefused
from lfsrkit.faces import Rejected
from lfsrkit.images import to_pixels
from lfsrkit.realism.fit.guess import Guess, coding_of
from lfsrkit.realism.fit.pictures import common_side, read_clean, read_dark
from lfsrkit.realism.fit.search import search, simulated
from lfsrkit.realism.profile import Distances, Profile, distances, profile_pictures
from lfsrkit.toml import toml_value
from lfsrkit.types import Bytes

USUAL = "fsr_gamma"
"""The chain that the fitted one is held against."""
CLEAN, FITTED = "clean faces", "fitted chain"
_PROOF_SEED = 1
"""Another one than the search uses, so that the proof draws anew."""
_SIGNED = "Fitted by `lfsrkit pairs fit`"
"""How a recipe begins."""


@dataclass(frozen=True)
class Fit:
    """A chain that makes faces look like given dark pictures, and how well it does."""

    guess: Guess
    """Every fitted parameter."""
    chain: Chain
    """For `lfsrkit.pairs`, with the shrinking."""
    size: int
    """Side of the clean pictures in pixels."""
    dark: Profile
    """Of the dark pictures."""
    rejected: tuple[Rejected, ...]
    distances: Mapping[str, Distances]
    """From the dark pictures to clean faces, to `fsr_gamma` of them, and to the fitted chain of them."""

    @property
    def gain(self) -> float:
        """How many times nearer in luminance (Wasserstein) the fitted chain is than `fsr_gamma`."""
        return self.distances[USUAL].wasserstein / max(self.distances[FITTED].wasserstein, 1e-9)


def fit(folder: str | Path, clean: str, *, size: int = 128, scale: int = 8, seed: int = 0) -> Fit:
    """Find the chain of degradations that turns normally lit faces into pictures like those of a folder.

    Each cause has its own measure: exposure and cast from the light of parts of the face square, relative to normal
    faces; uneven light from what is left between its parts; noise from the flat blocks of its pixels; JPEG quality from
    the files, or from the traces in the pixels. All are corrected by simulating with the last guess. Dark pictures are
    never resized, for that would change their noise; normal faces are, to the size of most of them.

    Args:
        folder: At least 6 dark pictures, better dozens, of 64 pixels or more, framed like the normal faces.
        clean: Normally lit faces of other people: a folder, ``synthetic:N`` or ``hub:NAME[:SPLIT][:COLUMN]``.
        size: Side of the clean pictures in pixels.
        scale: How many times the low pictures of the recipe are smaller.
        seed: Seed of the simulations.

    Raises:
        UsageError: If a source does not exist, or size and scale do not fit together.
        LfsrkitError: If too few pictures can be used.
    """
    folder = Path(folder)
    chain_from_text(f"downsample(scale={scale})").out_size(size, size)
    dark = read_dark(folder)
    pictures = [picture.pixels for picture in dark.pictures]
    faces = read_clean(clean, common_side(pictures))
    guess = search(pictures, faces, coding_of([picture.quality for picture in dark.pictures]), seed=seed)
    profile = profile_pictures(pictures)
    proof = _proof(profile, faces, guess, seed)
    return Fit(guess, guess.chain(scale), size, profile, dark.rejected, proof)


def refuse_other(path: str | Path) -> None:
    """Refuse to write a recipe over a file that no fit has written.

    Args:
        path: Where to.

    Raises:
        OutputRefused: If such a file is there.
    """
    path = Path(path)
    if path.is_file() and not path.read_text(encoding="utf-8", errors="replace").startswith(f"# {_SIGNED}"):
        raise OutputRefused(f"{path} holds something else than a fitted recipe; name another file")


def recipe_text(found: Fit) -> str:
    """Write the recipe: what was fitted and how well as a comment, then the tables of ``pairs build``.

    Args:
        found: From `fit`.
    """
    lines = [f"# {line}" if line else "#" for line in _header(found)]
    about = f"Fitted to {found.dark.count} dark pictures"
    tables = [f'about = "{about}"', "", "[pairs]", f"clean_size = {found.size}"]
    for table in found.chain.as_tables():
        tables += ["", "[[pairs.degrade]]", *(f"{key} = {toml_value(value)}" for key, value in table.items())]
    return "\n".join([*lines, *tables]) + "\n"


def _header(found: Fit) -> list[str]:
    return [
        f"{_SIGNED} to {found.dark.count} dark pictures.",
        "",
        *(f"{name:11}{fact}" for name, fact in found.guess.facts().items()),
        "",
        "Distances to the dark pictures: luminance (Wasserstein, Jensen-Shannon), mean luma (levels)",
        *(
            f"{name:14}{item.wasserstein:.4f}  {item.jensen_shannon:.4f}  {item.luma:.1f}"
            for name, item in found.distances.items()
        ),
    ]


def _proof(dark: Profile, faces: Bytes, guess: Guess, seed: int) -> dict[str, Distances]:
    chains = {USUAL: chain_from_text(f"{USUAL}(scale=1)"), FITTED: guess.chain()}
    made = {name: simulated(chain, faces, seed + _PROOF_SEED) for name, chain in chains.items()}
    sets = {CLEAN: faces, **made}
    return {name: distances(profile_pictures(to_pixels(pictures)), dark) for name, pictures in sets.items()}
