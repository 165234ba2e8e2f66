"""What can be told about one decoded picture. One rule: figures of the pixels, no verdict on the person.

Pure functions over luma arrays (uint8, shape (height, width), 0..255). The face cascade is passed in.
Called by the media engine's frame worker (``measure``) and by the process that opens uploaded stills (the others).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.core.quality.card import FLAT_PX, find_card, flattened
from verifier.core.quality.still import StillMeasure

Luma = NDArray[np.uint8]

GLARE_LUMA = 245
"""Brighter than this holds no structure (quality.md)."""
_SHARPNESS_WIDTH_PX = 320
"""Sharpness is compared at one width, so that a higher resolution is not sharper by itself."""
_DENOISE_KERNEL_PX = 3
_FACE_SEARCH_WIDTH_PX = 320
_FACE_SCALE_STEP, _FACE_NEIGHBOURS, _FACE_MIN_PX = 1.1, 5, 24
"""OpenCV's usual step; five neighbours keep false faces rare; the cascade was trained on 24 × 24 pixels."""
_DARKEST_MEAN = 1.0


class FaceDetector(Protocol):
    """The part of OpenCV's ``CascadeClassifier`` that is used."""

    def detectMultiScale(  # noqa: N802 OpenCV's name
        self, image: Any, scaleFactor: float = ..., minNeighbors: int = ..., flags: int = ...,  # noqa: N803
        minSize: Sequence[int] = ...,  # noqa: N803
    ) -> Any:  # fmt: skip
        """Rectangles (x, y, width, height) of faces."""
        ...


@dataclass(frozen=True, slots=True)
class ImageMeasure:
    """The figures of one picture, as ``FrameSample`` stores them."""

    width: int
    height: int
    mean_luma: float
    contrast: float
    glare_share: float
    sharpness: float
    repeated: bool
    faces: int
    face_width_px: int | None


def measure(luma: Luma, before: Luma | None, detector: FaceDetector) -> ImageMeasure:
    """All figures of one picture.

    Args:
        luma: uint8, (height, width), 0..255.
        before: the picture before it, for telling a repetition.
        detector: finds frontal faces.
    """
    height, width = luma.shape
    faces, face_width = find_faces(luma, detector)
    mean, deviation = cv2.meanStdDev(luma)
    return ImageMeasure(
        width=width,
        height=height,
        mean_luma=float(mean[0, 0]),
        contrast=float(deviation[0, 0]),
        glare_share=glare_share(luma),
        sharpness=sharpness(luma),
        repeated=repeats(luma, before),
        faces=faces,
        face_width_px=face_width,
    )


def measure_document(luma: Luma) -> StillMeasure:
    """The figures of a document: of the document alone, laid flat; of the whole picture when none is found."""
    card = find_card(luma)
    region = flattened(luma, card) if card else luma
    return StillMeasure(
        mean_luma=float(region.mean()),
        glare_share=glare_share(region),
        sharpness=sharpness(region, FLAT_PX[0]),
        card_width_px=round(card.width_px) if card else None,
    )


def measure_face(luma: Luma, detector: FaceDetector) -> StillMeasure:
    """The figures of a picture of a face, as for a frame of the video."""
    return StillMeasure(
        mean_luma=float(luma.mean()),
        glare_share=glare_share(luma),
        sharpness=sharpness(luma),
        card_width_px=find_faces(luma, detector)[1],
    )


def glare_share(luma: Luma) -> float:
    """Share of pixels brighter than 245, 0..1."""
    return float(np.count_nonzero(luma > GLARE_LUMA) / luma.size)


def repeats(luma: Luma, before: Luma | None) -> bool:
    """Whether both pictures are equal in every pixel; a camera's noise makes that impossible for live ones."""
    return before is not None and bool(np.array_equal(luma, before))


def sharpness(luma: Luma, width: int = _SHARPNESS_WIDTH_PX) -> float:
    """Normalised Tenengrad, ≥ 0: mean squared Sobel gradient over the squared mean luma, at one width (320 px).

    The picture is resized and lightly denoised (median of 3 × 3) first. Brightness cancels out; not valid on pictures
    that are black (mean below 1) or cropped to something without structure.
    Source: Tenenbaum 1970; Pech-Pacheco et al. 2000; normalised as in Santos et al. 1997.
    """
    resized = cv2.medianBlur(_at_width(luma, width), _DENOISE_KERNEL_PX)
    mean = float(resized.mean())
    if mean < _DARKEST_MEAN:
        return 0.0
    across = cv2.Sobel(resized, cv2.CV_32F, 1, 0, ksize=3)
    down = cv2.Sobel(resized, cv2.CV_32F, 0, 1, ksize=3)
    return float(np.mean(across * across + down * down)) / (mean * mean)


def find_faces(luma: Luma, detector: FaceDetector) -> tuple[int, int | None]:
    """Number of frontal faces, and the width of the largest in pixels of ``luma`` (None without one)."""
    small = _at_width(luma, min(_FACE_SEARCH_WIDTH_PX, luma.shape[1]))
    found = detector.detectMultiScale(
        small, scaleFactor=_FACE_SCALE_STEP, minNeighbors=_FACE_NEIGHBOURS, minSize=(_FACE_MIN_PX, _FACE_MIN_PX)
    )
    widths = [int(face[2]) for face in found]
    if not widths:
        return 0, None
    return len(widths), round(max(widths) * luma.shape[1] / small.shape[1])


def _at_width(luma: Luma, width: int) -> Luma:
    if luma.shape[1] == width:
        return luma
    height = max(1, round(luma.shape[0] * width / luma.shape[1]))
    smaller = width < luma.shape[1]
    resized = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return resized.astype(np.uint8, copy=False)
