"""The page: restore a dark picture, play with degradations and masks, in a browser and without a network.

`opened` makes it and listens; what happens behind each control is a plain function of `restoring` or `playing`.
Needs the extra ``app`` (Gradio), which is imported when a page is opened.
"""

from lfsrkit.app.controls import Control, controls_of
from lfsrkit.app.limits import Limits
from lfsrkit.app.offers import Offer, offers
from lfsrkit.app.playing import Choice, Played, play, recipe
from lfsrkit.app.restoring import Restored, restore_upload
from lfsrkit.app.serving import Site, opened

__all__ = [
    "Choice",
    "Control",
    "Limits",
    "Offer",
    "Played",
    "Restored",
    "Site",
    "controls_of",
    "offers",
    "opened",
    "play",
    "recipe",
    "restore_upload",
]
