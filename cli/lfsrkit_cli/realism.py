"""The realism part of ``pairs stats``: profiles beside published bands, and distances to a folder of pictures."""

import math
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from lfsrkit_cli.output import print_facts, print_table, remark, say

if TYPE_CHECKING:
    from lfsrkit.realism import Measure, Profile


def profile_folder(folder: Path) -> "Profile":
    """Measure all pictures of a folder; those that cannot be read are told.

    Args:
        folder: Real dark pictures.

    Raises:
        UsageError: If there is none.
    """
    from lfsrkit.errors import BadPicture, UsageError
    from lfsrkit.faces.folder import FolderSource
    from lfsrkit.realism import profile_pictures

    source = FolderSource(folder)
    listing = source.find()
    for item in listing.rejected:
        remark(f"{item.source}: {item.reason}")
    if not listing.refs:
        raise UsageError(f"{folder}: there is no picture to measure")

    def pictures() -> Iterable[Any]:
        for ref in listing.refs:
            try:
                yield source.read(ref).pixels
            except BadPicture as error:
                remark(f"{ref.source}: {error}")

    return profile_pictures(pictures())


def facts(profile: "Profile", against: "Profile | None") -> dict[str, Any]:
    """Give the same as `tell` as plain values.

    Args:
        profile: Of pairs.
        against: Of real dark pictures.
    """
    from lfsrkit.realism import BANDS, distances, quantiles

    return {
        "count": profile.count,
        "clean_luma": quantiles(profile.clean_luma),
        "black_share": fmean(profile.black),
        "white_share": fmean(profile.white),
        "profile": profile,
        "bands": BANDS,
        "against": against,
        "distances": None if against is None else distances(profile, against),
    }


def tell(profile: "Profile", against: "Profile | None") -> None:
    """Print what the pictures measure beside what real dark pictures do.

    Args:
        profile: Of pairs.
        against: Of real dark pictures.
    """
    from lfsrkit.realism import BANDS, DARK_ENOUGH, MEASURES, distances, quantiles, within

    dark, usual, bright = quantiles(profile.clean_luma)
    say(f"clean pictures: mean luma {usual:.3g}, nine in ten from {dark:.3g} to {bright:.3g}")
    say(f"low pictures: {fmean(profile.black):.1%} of all values black, {fmean(profile.white):.1%} white", "")
    heads = ["low pictures", "5 %", "median", "95 %", *(["against"] if against else [])]
    rows = [_row(measure, profile, against) for measure in MEASURES]
    print_table([*heads, *(f"{band.name} ({band.count})" for band in BANDS)], rows, numbers=True)
    low, high = DARK_ENOUGH
    share = f"{within(profile.luma, DARK_ENOUGH):.0%} of the pictures have a mean luma of {low:g} to {high:g}"
    say("", f"{share} (aim: 95 %)")
    if profile.noise:
        noise = profile.noise
        curve = f"variance {noise.shot:.3g} x light + {noise.read:.3g}"
        if not math.isfinite(noise.shot):
            curve = "variance not known, for there are too few pixels"
        say(f"noise: {curve}; correlation of neighbours {noise.lag_one:.2f}")
    else:
        say(f"noise: not known; {profile.noise_unknown}")
    if against is not None:
        far = distances(profile, against)
        say("", f"distance to {against.count} pictures")
        print_facts(
            {
                "luminance": f"{far.wasserstein:.4f} Wasserstein, {far.jensen_shannon:.4f} Jensen-Shannon",
                "mean luma": f"{far.luma:.1f} levels",
                "red / green": f"{far.red_to_green:.3f}",
                "blue / green": f"{far.blue_to_green:.3f}",
            }
        )


def _row(measure: "Measure", profile: "Profile", against: "Profile | None") -> list[str]:
    from lfsrkit.realism import BANDS, quantiles

    values = measure.read(profile)
    own = ["-"] * 3 if values is None else [f"{value:.3g}" for value in quantiles(values)]
    other = [] if against is None else [_median(measure.read(against))]
    return [measure.title, *own, *other, *(_span(measure.band(band)) if measure.band else "-" for band in BANDS)]


def _median(values: tuple[float, ...] | None) -> str:
    from lfsrkit.realism import quantiles

    return "-" if values is None else f"{quantiles(values)[1]:.3g}"


def _span(ends: tuple[float, float]) -> str:
    low, high = ends
    return f"{low:.2g}" if low == high else f"{low:.3g}-{high:.3g}"
