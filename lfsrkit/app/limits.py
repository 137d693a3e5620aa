"""How much a visitor of the page may ask for."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from lfsrkit.errors import BadPicture
from lfsrkit.images import FORMATS


@dataclass(frozen=True)
class Limits:
    """What is refused before it costs memory or time."""

    upload_bytes: int = 20 * 2**20
    """Largest file that is taken."""
    pixels: int = 16 * 2**20
    """Most pixels of a picture; larger ones are not decoded."""

    def check(self, data: bytes) -> None:
        """Refuse a file by its length and by what its head says, without decoding it.

        Args:
            data: The file.

        Raises:
            BadPicture: With the limit, or if the file is no picture.
        """
        if len(data) > self.upload_bytes:
            raise BadPicture(f"{len(data)} bytes; at most {self.upload_bytes} are taken")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Pillow.open(io.BytesIO(data), formats=FORMATS) as picture:
                    width, height = picture.size
        except Pillow.DecompressionBombError:
            raise BadPicture(f"more than {self.pixels} pixels") from None
        except Exception:  # readers of heads raise whatever a damaged file leads them to
            raise BadPicture(f"not a picture of a known format ({', '.join(FORMATS)})") from None
        if width * height > self.pixels:
            raise BadPicture(f"{width}x{height} pixels; at most {self.pixels} are decoded")

    def check_file(self, path: str) -> None:
        """Refuse a file by its length, then as `check` does.

        Args:
            path: The file.

        Raises:
            BadPicture: As `check` does.
        """
        if Path(path).stat().st_size > self.upload_bytes:
            raise BadPicture(f"{Path(path).stat().st_size} bytes; at most {self.upload_bytes} are taken")
        self.check(Path(path).read_bytes())
