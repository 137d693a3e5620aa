"""A look at a degradation, a mask strategy and the facial regions on a few faces, before anything is built."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from torch import Tensor

from lfsrkit import seeding
from lfsrkit.calls import Call
from lfsrkit.degradations import Chain, Params, chain_from_calls, split
from lfsrkit.errors import BadPicture
from lfsrkit.faces import FaceRef, FramedFace, Rejected, frame, pictures_of
from lfsrkit.images import Pixels, resize, to_bytes, to_float, to_pixels
from lfsrkit.masks.base import STREAM, MaskStrategy
from lfsrkit.pairs import degrade
from lfsrkit.pairs.dataset import PairSet
from lfsrkit.pairs.plan import region_files
from lfsrkit.pairs.regions import maps_of, with_regions
from lfsrkit.registries import MASKS
from lfsrkit.sheets import contact_sheet
from lfsrkit.stages import PairsConfig
from lfsrkit.types import Images, Masks, Regions

_SELECTED = (1.0, 0.55, 0.0)
# One a region, in the order of `lfsrkit.regions.REGIONS`.
_COLOURS = (
    (0.20, 0.60, 1.00),
    (0.00, 0.85, 0.85),
    (0.70, 0.40, 1.00),
    (0.95, 0.35, 0.90),
    (1.00, 0.85, 0.10),
    (1.00, 0.25, 0.25),
    (0.30, 0.80, 0.30),
)
_OPACITY = 0.55


@dataclass(frozen=True)
class Preview:
    """One face, what became of it, and what was drawn for it."""

    source: str
    clean: Pixels
    low: Pixels
    params: Params
    """By stage of the chain; the same as `lfsrkit pairs build` draws for this picture and seed."""
    mask: Pixels | None = None
    """The clean picture with the selected pixels coloured."""
    regions: Pixels | None = None
    """The clean picture with the facial regions coloured."""

    @property
    def row(self) -> list[Pixels]:
        """Pictures for a line of the sheet; the low one is enlarged without smoothing."""
        return [self.clean, self.low, *(picture for picture in (self.mask, self.regions) if picture is not None)]


def preview(
    faces: Sequence[str], config: PairsConfig, *, mask: Call | None = None, regions: bool = False, count: int = 8
) -> Iterator[Preview | Rejected]:
    """Degrade a few faces as a build would, one by one.

    Args:
        faces: Picture files, or sources as `lfsrkit.faces.open_source` takes them.
        config: Framing, size, degradation and seed.
        mask: A mask strategy to show. One that looks at the error of a model is shown that of plain enlargement.
        regions: Show the facial regions: those of the face where they are known, else those of an average face.
        count: Most pictures that are shown.

    Raises:
        UsageError: If a source, a name or a parameter does not exist.
    """
    chain = chain_from_calls(config.degrade)
    chain.out_size(config.clean_size, config.clean_size)
    artist = _Artist(chain, None if mask is None else MASKS.build(mask), regions, config.seed)
    least = config.min_side or config.clean_size
    files = region_files(config)
    for ref, read in islice(pictures_of(faces, size=config.clean_size), count):
        try:
            picture = read()
            face = frame(picture, framing=config.framing, size=config.clean_size, min_side=least)
            face = with_regions(face, picture, ref, files)
        except BadPicture as error:
            yield Rejected(ref.source, str(error))
        else:
            yield artist.draw(ref, face)


def preview_sheet(previews: Sequence[Preview]) -> Pixels:
    """Lay previews out, one a line.

    Args:
        previews: At least one; all with the same columns.
    """
    first = previews[0]
    optional = {"mask": first.mask, "regions": first.regions}
    titles = ["clean", "low", *(title for title, picture in optional.items() if picture is not None)]
    return contact_sheet([item.row for item in previews], titles)


def pairs_sheet(pairs: PairSet, count: int = 8) -> Pixels:
    """Lay the first pairs of a split out, low beside clean.

    Args:
        pairs: A split of a build.
        count: Most pairs that are shown.
    """
    batch = pairs.batch(range(min(count, len(pairs))))
    return contact_sheet(list(zip(to_pixels(batch.low), to_pixels(batch.clean), strict=True)), ("low", "clean"))


@dataclass(frozen=True)
class _Artist:
    chain: Chain
    strategy: MaskStrategy | None
    regions: bool
    seed: int

    def draw(self, ref: FaceRef, face: FramedFace) -> Preview:
        clean = to_bytes([face.clean])
        low, params = degrade(self.chain, clean, [ref.id], seed=self.seed)
        picture, maps = to_float(clean), maps_of(face)
        small = to_pixels(low)[0]
        enlarged = to_float(to_bytes([resize(small, *face.clean.shape[:2])]))
        mask = self._mask(ref, picture, enlarged, maps)
        return Preview(
            source=ref.source,
            clean=face.clean,
            low=small,
            params=split(params, 1)[0],
            mask=None if mask is None else _painted(picture, mask, (_SELECTED,)),
            regions=_painted(picture, maps, _COLOURS) if self.regions else None,
        )

    def _mask(self, ref: FaceRef, clean: Images, enlarged: Images, regions: Regions) -> Masks | None:
        if self.strategy is None:
            return None
        height, width = clean.shape[-2:]
        error = (enlarged - clean).abs().mean(1, keepdim=True)
        streams = seeding.generators(self.seed, [ref.id], 0, STREAM)
        return self.strategy.sample(1, height, width, streams, regions=regions, low=enlarged, error=error)


def _painted(picture: Images, maps: Tensor, colours: Sequence[tuple[float, float, float]]) -> Pixels:
    """Lay one colour per map over a picture, each as opaque as its map is strong."""
    for index, colour in enumerate(colours):
        weight = _OPACITY * maps[:, index : index + 1]
        picture = picture * (1 - weight) + weight * picture.new_tensor(colour).view(1, 3, 1, 1)
    return to_pixels(picture)[0]
