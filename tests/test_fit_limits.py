"""What a fit does where the pictures ask for more than a chain can do."""

import re
from pathlib import Path

import pytest

from lfsrkit.errors import UsageError
from lfsrkit.realism.fit import fit
from lfsrkit.realism.fit.grain import Grain
from lfsrkit.realism.fit.guess import Guess
from lfsrkit.realism.fit.spread import Spread

EVEN = Spread(0.0, 0.0)


def guess_of(stops: Spread = EVEN, red: Spread = EVEN, blue: Spread = EVEN) -> Guess:
    return Guess(stops, red, blue, ramp=0.0, least_ramp=1.0, grain=Grain(1e-4, 1e-8), coding=None)


@pytest.mark.parametrize(
    ("middle", "told"), [(0.1, "0.92 stops below normal light, 0.00 to 1.83"), (15.5, "14.88 .* light, 13.77 to 16.00")]
)
def test_what_is_told_of_the_exposure_is_what_the_chain_does(middle: float, told: str) -> None:
    guess = guess_of(Spread(middle, 1.0))
    assert re.fullmatch(told, guess.facts()["exposure"])
    low, high = guess.chain().as_tables()[0]["stops"]
    assert guess.facts()["exposure"].endswith(f"{low:.2f} to {high:.2f}")


def test_a_cast_is_cut_to_the_gains_that_a_chain_takes() -> None:
    chain = guess_of(red=Spread(-9.0, 1.0), blue=Spread(6.5, 0.5)).chain()
    gains = chain.as_tables()[1]
    assert gains["red"] == (0.01, 0.01)
    assert gains["blue"][1] == 100.0


@pytest.mark.parametrize(
    ("middle", "said"), [(-2.0, "no darker than the normal faces"), (34.0, "black, or nearly"), (3.0, "None")]
)
def test_pictures_that_tell_nothing_are_remarked_upon(middle: float, said: str) -> None:
    assert said in str(guess_of(Spread(middle, 0.2)).remark())


def test_drawn_faces_are_no_dark_pictures(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder 'synthetic:8'"):
        fit("synthetic:8", "synthetic:8")
