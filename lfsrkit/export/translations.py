"""Operations of torch in ONNX for any size of picture, where torch translates them for the traced size only."""

from collections.abc import Sequence
from typing import Any

import torch


def translations() -> dict[Any, Any]:
    """Give what stands for an operation of torch, by operation; needs onnxscript."""
    import onnxscript

    op: Any = onnxscript.opset18

    def resize(picture: Any, size: Sequence[Any], align_corners: bool = False, scale_factors: Any = None) -> Any:
        """Enlarge with an antialiased bicubic kernel; both have a = -0.5 and leave out what is beyond the border."""
        sides = op.Concat(op.Shape(picture, start=0, end=2), *(_number(op, side) for side in size), axis=0)
        same = {"mode": "cubic", "cubic_coeff_a": -0.5, "antialias": 1, "exclude_outside": 1}
        return op.Resize(picture, None, None, sides, coordinate_transformation_mode="half_pixel", **same)

    def pool(picture: Any, cells: Sequence[Any]) -> Any:
        """Take means over cells of nearly one size, as two products with the shares of the pixels in the cells."""
        rows, columns = (_shares(op, picture, axis, cells[axis - 2]) for axis in (2, 3))
        return op.MatMul(op.MatMul(rows, picture), op.Transpose(columns, perm=[1, 0]))

    aten = torch.ops.aten
    return {aten._upsample_bicubic2d_aa.vec: resize, aten.adaptive_avg_pool2d.default: pool}


def _shares(op: Any, picture: Any, axis: int, cells: Any) -> Any:
    """Share of each pixel of an axis in each cell, (cells, side): a cell is from i side / cells, rounded down, up."""
    none, one = (op.Constant(value_int=number) for number in (0, 1))
    side, count = op.Shape(picture, start=axis, end=axis + 1), _number(op, cells)
    cell = op.Unsqueeze(op.Range(none, op.Squeeze(count), one), op.Constant(value_ints=[1]))
    position = op.Range(none, op.Squeeze(side), one)
    start = op.Div(op.Mul(cell, side), count)
    end = op.Div(op.Add(op.Mul(op.Add(cell, one), side), op.Sub(count, one)), count)
    inside = op.And(op.GreaterOrEqual(position, start), op.Less(position, end))
    weights = op.CastLike(inside, picture)
    return op.Div(weights, op.ReduceSum(weights, op.Constant(value_ints=[1]), keepdims=1))


def _number(op: Any, value: Any) -> Any:
    """Give a number as a tensor of one axis; one that follows the size of the picture comes without axes."""
    if isinstance(value, int):
        return op.Constant(value_ints=[value])
    return op.Reshape(value, op.Constant(value_ints=[1]))
