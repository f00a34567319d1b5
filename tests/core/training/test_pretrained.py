"""Arms trained elsewhere: a checkpoint or pretrained weights embed a data set, beside trained arms or alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.common.errors import CheckpointError, RecipeError
from core.data.images import ArrayImages, FileImages
from core.embedding import pixels
from core.embedding.embed import embed, embed_stream
from core.pipeline.run import run
from core.recipe.recipe import Recipe
from core.storage.study import Study
from core.training.trainer import build_embedder
from models.checkpoint import load_checkpoint, save_checkpoint
from models.head import Embedder, ModelSpec
from tests.core.conftest import small_recipe
from tests.models.tiny import CONFIGS, save

Small = Callable[..., Recipe]
RULE = {"positives": "nearest"}


@pytest.fixture(scope="module")
def first(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    recipe = small_recipe(pictures, arms={"nearest": RULE})
    return run(recipe, tmp_path_factory.mktemp("studies") / "first")


def test_a_trained_arm_of_one_study_is_an_arm_of_another(first: Study, small: Small, tmp_path: Path):
    arms = {"again": {"checkpoint": str(first.path / "arms" / "nearest")}, "standard": {"positives": "random"}}
    study = run(small(arms=arms), tmp_path / "second")
    assert study.arms == ["again", "standard"]
    assert np.allclose(study.arm("again").embeddings, first.arm("nearest").embeddings, atol=1e-5)
    assert study.arm("again").history.empty
    assert len(study.arm("standard").history) == 3
    assert study.arm("again").metrics.keys() == study.arm("standard").metrics.keys()
    vectors = study.embed([study.picture(4)])  # its network came along, so a new picture can be searched
    assert np.allclose(vectors["again"][0], study.arm("again").embeddings[4], atol=1e-4)


def test_a_network_is_read_once_for_all_searches(first: Study, monkeypatch: pytest.MonkeyPatch):
    study, read = Study.load(first.path), []
    monkeypatch.setattr(
        "core.embedding.embed.load_checkpoint", lambda folder: read.append(folder) or load_checkpoint(folder)
    )
    one, other = (study.embed([study.picture(4)])["nearest"] for _ in range(2))
    assert read == [study.arm("nearest").folder]
    assert np.array_equal(one, other)


def test_nothing_need_be_trained(first: Study, small: Small, tmp_path: Path):
    told = []
    arms = {"a": {"checkpoint": str(first.path / "arms" / "nearest")}}
    study = run(small(arms=arms), tmp_path / "second", progress=lambda **news: told.append(news))
    assert study.arms == ["a"]
    assert any(news.get("message") == "embedding the items with a" for news in told)


def test_the_features_of_pretrained_weights_are_an_arm_without_a_head(small: Small, tmp_path: Path):
    folder = save(tmp_path / "dinov2", CONFIGS["dinov2"])
    model = {"name": "huggingface", "weights": str(folder)}
    arms = {"before": {"checkpoint": "pretrained"}, "nearest": RULE}
    recipe = small(model=model, arms=arms, data={"image_size": 16, "channels": 3})
    study = run(recipe, tmp_path / "study")
    assert study.arm("before").embeddings.shape[1] == 32
    assert study.arm("nearest").embeddings.shape[1] == 4
    embedder = load_checkpoint(study.arm("before").folder)
    assert embedder.spec.dim == 0
    images = torch.from_numpy(pixels.to_pixels([study.picture(0)], size=16, channels=3))
    with torch.no_grad():
        features = embedder.backbone(
            (images.float() / 255 - embedder.mean[:, None, None]) / embedder.std[:, None, None]
        )
    expected = features[0] / features[0].norm()
    assert np.allclose(study.arm("before").embeddings[0], expected, atol=1e-5)


def test_a_broken_checkpoint_stops_the_run_before_any_training(first: Study, small: Small, tmp_path: Path):
    save_checkpoint(tmp_path, load_checkpoint(first.path / "arms" / "nearest"))
    (tmp_path / "model.safetensors").write_bytes(b"junk")
    told = []
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        run(
            small(arms={"a": {"checkpoint": str(tmp_path)}, "nearest": RULE}),
            tmp_path / "study",
            progress=lambda **news: told.append(news),
        )
    assert not any(news.get("stage") == "train" for news in told)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("arm", "complaint"),
    [
        (
            {"checkpoint": "a", "positives": "nearest"},
            "arms.a has a checkpoint and is not trained; remove its positives",
        ),
        ({"checkpoint": "a", "loss": "margin"}, "arms.a has a checkpoint and is not trained"),
        ({"checkpoint": "pretrained"}, 'checkpoint = "pretrained" needs model.weights'),
        ({"checkpoint": "a\0b"}, "arms.a.checkpoint must be Unicode text"),
        ({"checkpoint": ""}, "needs a positives rule"),
    ],
)
def test_contradictions_are_refused(arm: dict, complaint: str, small: Small):
    with pytest.raises(RecipeError) as caught:
        small(arms={"a": arm})
    assert complaint in str(caught.value)


def test_embedding_reads_pictures_block_by_block(pictures: Path, monkeypatch: pytest.MonkeyPatch):
    """What is decoded at once does not grow with the data set, and the vectors are those of all at once."""
    monkeypatch.setattr(pixels, "BLOCK", 6)
    paths = sorted(str(path.relative_to(pictures)) for path in pictures.rglob("*.png"))
    images = FileImages(pictures, paths)
    asked: list[int] = []
    whole = images.pixels(np.arange(len(paths)), size=8, channels=3)
    real = images.pixels
    monkeypatch.setattr(images, "pixels", lambda rows, **form: asked.append(len(rows)) or real(rows, **form))
    embedder = Embedder(ModelSpec("convnet", 4, 3, 8, {"width": 4})).eval()
    stream = embed_stream(embedder, images)
    assert not asked
    vectors = np.concatenate(list(stream))
    assert asked == [6] * 6 + [4]
    assert np.allclose(vectors, embed(embedder, torch.from_numpy(whole)), atol=1e-6)


def test_nothing_to_embed():
    embedder = Embedder(ModelSpec("convnet", 0, 1, 8, {"width": 4}))
    assert embed(embedder, torch.zeros(0, 1, 8, 8, dtype=torch.uint8)).shape == (0, embedder.backbone.features)
    assert list(embed_stream(embedder, ArrayImages(np.zeros((0, 8, 8), np.uint8)))) == []


def test_a_network_for_grey_pictures_of_another_size_takes_the_items_as_it_needs_them(small: Small, tmp_path: Path):
    torch.manual_seed(0)
    other = small(model={"width": 4}).model
    save_checkpoint(tmp_path, build_embedder(other, torch.randint(0, 255, (4, 1, 20, 20)).to(torch.uint8), seed=0))
    recipe = small(arms={"a": {"checkpoint": str(tmp_path)}}, data={"channels": 3, "image_size": 8})
    study = run(recipe, tmp_path / "study")
    assert len(study.arm("a").embeddings) == len(study.items)
