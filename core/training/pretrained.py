"""Arms that are not trained here: a given network embeds the items as it is."""

from pathlib import Path

from core.recipe.recipe import Recipe
from core.recipe.rules import PRETRAINED
from core.training.trainer import choose_device, model_spec
from models.building import build
from models.checkpoint import load_checkpoint
from models.head import Embedder


def load_arm(recipe: Recipe, name: str, *, image_size: int) -> Embedder:
    """The network of an arm that has a checkpoint, in evaluation mode on the recipe's device.

    image_size: side of the recipe's pictures, for pretrained weights; a checkpoint has its own input size.
    Raises CheckpointError.
    """
    wanted = recipe.arms[name].checkpoint
    if wanted == PRETRAINED:
        spec = model_spec(recipe.model, dim=0, channels=recipe.data.channels, image_size=image_size)
        embedder = build(spec, None, seed=recipe.seed, weights=recipe.model.weights)
    else:
        embedder = load_checkpoint(Path(wanted))
    return embedder.to(choose_device(recipe.train.device)).eval()
