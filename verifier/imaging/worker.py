"""The process that opens one picture and ends. One rule: it knows nothing and can do nothing else.

It gets the picture on its standard input and answers on its standard output: one line of JSON, then the preview. Its
environment is empty, its limits are set before it reads. Exit status 0: answered; ``UNDECODABLE``: it cannot be opened;
anything else: killed, or broken. Started by decoder.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from verifier.core.quality.image import Luma, measure_document, measure_face
from verifier.core.quality.still import StillMeasure
from verifier.imaging.limits import NICENESS, UNDECODABLE, limit_this_process

PREVIEW_PX = 640
"""Longer side of the preview."""
_PREVIEW_QUALITY = 75
_CASCADE = "haarcascade_frontalface_default.xml"
_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


def main() -> None:
    """Answer for the picture on the standard input; ``argv[1]`` is ``document`` or ``face``."""
    cv2.setNumThreads(1)
    detector = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / _CASCADE))
    os.nice(NICENESS)
    limit_this_process()
    sent = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
    try:
        luma = _decoded(sent, cv2.IMREAD_GRAYSCALE)
        measure = measure_face(luma, detector) if sys.argv[1] == "face" else measure_document(luma)
        preview = _preview(sent, max(luma.shape))
    except (cv2.error, MemoryError, ValueError):
        sys.exit(UNDECODABLE)
    _answer(luma, measure, preview)


def _decoded(sent: Luma, flags: int) -> Luma:
    """Raises ValueError when it cannot be decoded."""
    found = cv2.imdecode(sent, flags) if sent.size else None
    if found is None:
        raise ValueError("not decodable")
    return np.asarray(found, np.uint8)


def _preview(sent: Luma, longer_px: int) -> bytes:
    flags = next((flag for factor, flag in _REDUCED if longer_px >= factor * PREVIEW_PX), cv2.IMREAD_COLOR)
    colour = _decoded(sent, flags)
    scale = min(1.0, PREVIEW_PX / max(colour.shape[:2]))
    small = colour if scale == 1.0 else cv2.resize(colour, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _PREVIEW_QUALITY])[1].tobytes()


def _answer(luma: Luma, measure: StillMeasure, preview: bytes) -> None:
    height, width = luma.shape
    line = json.dumps({"width": width, "height": height, "measure": asdict(measure)})
    sys.stdout.buffer.write(line.encode() + b"\n" + preview)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
