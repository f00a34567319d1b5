"""Networks and checkpoints; imports neither `core` nor `app`."""

from models import convnet  # noqa: F401  (registers the backbone)
from models.checkpoint import load_checkpoint, save_checkpoint
from models.head import Embedder, ModelSpec
from models.registry import create, names, register

__all__ = ["Embedder", "ModelSpec", "create", "load_checkpoint", "names", "register", "save_checkpoint"]
