"""Train until killed: a child process for `test_checkpoint`. Prints the step of every record as it comes."""

import sys
from pathlib import Path

from lfsrkit import pairs, training
from lfsrkit.registries import MODELS
from tests.training_cases import Toy, stage

if __name__ == "__main__":
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    with MODELS.temporary("toy", Toy):
        train_pairs, validation_pairs = pairs.open(data, "train"), pairs.open(data, "validation")
        for record in training.train(
            stage(*sys.argv[3:]), train_pairs, validation_pairs, out, resume=True, device="cpu"
        ):
            print(record.step, flush=True)
