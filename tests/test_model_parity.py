"""The published methods against the outputs of their authors' code."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lfsrkit.models import count_parameters, from_official

PARITY = Path(__file__).parents[2] / "shared" / "parity"
CASES = [
    "ctcnet",
    "dln",
    "edsr_baseline_x4",
    "edsr_baseline_x8",
    "omnisr_x4",
    "omnisr_x8",
    "sparnet",
    "swinir_m_x4",
    "swinir_s_x4",
    "swinir_s_x8",
]
UNUSED = {"ctcnet": 1_997_218}
"""Numbers that the authors' code registers and never uses."""

pytestmark = [pytest.mark.reference, pytest.mark.slow]


def facts(case: str) -> dict[str, Any]:
    return json.loads((PARITY / "official_state_dicts.json").read_text())[case]


def official_weights(case: str, salt: int = 0) -> dict[str, torch.Tensor]:
    """Weights that are a function of their official names, with the tables that the authors' code computes."""
    sys.path.insert(0, str(PARITY))
    try:
        from fill import filled
    finally:
        sys.path.remove(str(PARITY))
    recorded = np.load(PARITY / "parity.npz")
    weights = {}
    for key, shape in facts(case)["state_dict"].items():
        table = f"{case}.buffer.{key}"
        if table in recorded.files:
            weights[key] = torch.from_numpy(recorded[table])
        elif key.endswith("num_batches_tracked"):
            weights[key] = torch.zeros(shape, dtype=torch.long)
        else:
            weights[key] = filled(key, torch.zeros(shape), salt)
    return weights


def name_of(case: str) -> str:
    return re.sub(r"_x\d+$", "", case)


def test_every_recorded_case_is_checked() -> None:
    assert sorted(json.loads((PARITY / "official_state_dicts.json").read_text())) == CASES


@pytest.mark.parametrize("case", CASES)
def test_outputs_are_those_of_the_authors(case: str) -> None:
    model = from_official(name_of(case), official_weights(case), scale=facts(case)["scale"])
    assert count_parameters(model) == facts(case)["parameters"] - UNUSED.get(case, 0)
    recorded = np.load(PARITY / "parity.npz")
    low, expected = (torch.from_numpy(recorded[f"{case}.{part}"]) for part in ("low", "out"))
    with torch.no_grad():
        restored = model(low)
    assert expected.std() > 1e-2
    torch.testing.assert_close(restored, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("salt", [1, 2])
@pytest.mark.parametrize("case", [case for case in CASES if case != "swinir_m_x4"])
def test_any_weights_give_finite_pictures_that_depend_on_them(case: str, salt: int) -> None:
    scale = facts(case)["scale"]
    models = [from_official(name_of(case), official_weights(case, one), scale=scale) for one in (0, salt)]
    low = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        usual, other = (model(low) for model in models)
    assert other.shape == (1, 3, 5 * scale, 7 * scale)
    assert other.isfinite().all()
    assert (usual - other).abs().mean() > 1e-4


@pytest.mark.parametrize("case", ["ctcnet", "sparnet", "dln"])
def test_face_networks_do_not_depend_on_the_scale(case: str) -> None:
    weights = official_weights(case)
    model = from_official(case, weights) if case == "dln" else from_official(case, weights, scale=4)
    with torch.no_grad():
        assert model(torch.rand(1, 3, 20, 18)).isfinite().all()
