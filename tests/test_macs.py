"""The counter of operations against counts by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from lfsrkit.models import count_macs, count_parameters


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(3, 8, 3, padding=1)
        self.down = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.apart = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.out = nn.Conv2d(16, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.apart(functional.relu(self.down(self.wide(x)))))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (6, 10)])
def test_convolutions_are_counted_as_by_hand(height: int, width: int) -> None:
    pixels = height * width
    by_hand = pixels * 3 * 8 * 9 + pixels // 4 * (8 * 16 * 9 + 16 * 9 + 16 * 3)
    assert count_macs(Small(), height, width) == by_hand


class Attention(nn.Module):
    def __init__(self, *, fused: bool) -> None:
        super().__init__()
        self.project = nn.Linear(3, 3 * 8)
        self.fused = fused

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.project(x.flatten(2).transpose(1, 2)).chunk(3, dim=-1)
        if self.fused:
            return functional.scaled_dot_product_attention(query[:, None], key[:, None], value[:, None])
        return torch.softmax(query @ key.transpose(1, 2) / 8**0.5, dim=-1) @ value


def test_fused_attention_costs_what_attention_by_hand_costs() -> None:
    tokens = 5 * 6
    by_hand = tokens * 3 * 24 + 2 * tokens * tokens * 8
    assert count_macs(Attention(fused=True), 5, 6) == count_macs(Attention(fused=False), 5, 6) == by_hand


@pytest.mark.parametrize("training", [True, False])
def test_counting_leaves_the_model_as_it_was(training: bool) -> None:
    model = Small().train(training)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    count_macs(model, 8, 8)
    assert model.training is training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_only_what_learns_is_a_parameter() -> None:
    model = Small()
    everything = count_parameters(model)
    model.out.requires_grad_(requires_grad=False)
    assert everything == 3 * 8 * 9 + 8 + 8 * 16 * 9 + 16 + 16 * 9 + 16 + 16 * 3 + 3
    assert count_parameters(model) == everything - (16 * 3 + 3)
