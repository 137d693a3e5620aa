"""Stage 3, training: one plain loop that yields records, saves whole checkpoints, and resumes bit by bit."""

from lfsrkit.pairs.batch import PairData
from lfsrkit.ranks import agreed_exit_code, count_processes, is_first_process, leave_processes
from lfsrkit.training.checkpoint import Checkpoint, read_checkpoint
from lfsrkit.training.learner import NonFiniteError
from lfsrkit.training.loop import seconds_per_step, train
from lfsrkit.training.record import TrainRecord, read_records
from lfsrkit.training.schedule import learning_rate

__all__ = [
    "Checkpoint",
    "NonFiniteError",
    "PairData",
    "TrainRecord",
    "agreed_exit_code",
    "count_processes",
    "is_first_process",
    "learning_rate",
    "leave_processes",
    "read_checkpoint",
    "read_records",
    "seconds_per_step",
    "train",
]
