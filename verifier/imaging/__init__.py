"""Uploaded pictures: ``decoder`` (ImageDecoder of the ports) starts ``worker`` in a limited process for each one."""

from verifier.imaging.decoder import LimitedDecoder

__all__ = ["LimitedDecoder"]
