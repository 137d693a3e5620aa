"""Stage 2, pairs: plan, build shard by shard, open, verify and export data sets of low and clean faces."""

from lfsrkit.pairs.batch import Batch, PairData
from lfsrkit.pairs.build import Progress, build
from lfsrkit.pairs.dataset import Pair, PairSet, open
from lfsrkit.pairs.degrade import degrade
from lfsrkit.pairs.export import Exported, export, exported_counts
from lfsrkit.pairs.live import LivePairs, live
from lfsrkit.pairs.manifest import Manifest, read_manifest, read_rejected
from lfsrkit.pairs.plan import Plan, Task, make_plan
from lfsrkit.pairs.verify import verify

__all__ = [
    "Batch",
    "Exported",
    "LivePairs",
    "Manifest",
    "Pair",
    "PairData",
    "PairSet",
    "Plan",
    "Progress",
    "Task",
    "build",
    "degrade",
    "export",
    "exported_counts",
    "live",
    "make_plan",
    "open",
    "read_manifest",
    "read_rejected",
    "verify",
]
