"""Published call-quality scorers, to set beside our verdict on the same stored rows.

``scorer`` says what a baseline is; ``intervals``, ``packets`` and ``sinks`` turn rows into what published formulas
take; ``livekit``, ``rtcscore``, ``cqd`` and ``loss`` are the formulas; ``best`` finds thresholds and says how sure a
share is. Each formula's module says what it does with missing data: mostly nothing, which is one thing that the
comparison shows.
"""

from bench.baselines import cqd, livekit, rtcscore
from bench.baselines.loss import PLAIN_LOSS
from bench.baselines.scorer import Baseline

BASELINES: tuple[Baseline, ...] = (
    livekit.AS_DEPLOYED,
    livekit.WITH_DELAY,
    rtcscore.AS_PUBLISHED,
    rtcscore.CORRECTED,
    cqd.CURRENT,
    cqd.OF_2020,
    cqd.BY_FRAME_RATE,
    PLAIN_LOSS,
)
