"""The recipe: everything that describes a study, as frozen dataclasses that read from and write to TOML."""

import re
import tomllib
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Self

import tomli_w
from pydantic.dataclasses import dataclass

from core.common.errors import RecipeError, shown
from core.recipe.arms import ARM_NAME, ArmConfig
from core.recipe.augment import AugmentConfig
from core.recipe.constraints import STRICT, Seed, Text, require
from core.recipe.data import DataConfig
from core.recipe.model import ModelConfig
from core.recipe.reading import NOT_TOML, apply_override, checked, read_source
from core.recipe.rules import (
    BATCH_LOSSES,
    DEFAULT_MARGINS,
    DEFAULT_NEGATIVES,
    MAX_COMPARED,
    OPTIONS,
    OWN_MINING,
    PRETRAINED,
    RULELESS_LOSSES,
    TWO_VIEW_LOSSES,
    LossName,
)
from core.recipe.train import TrainConfig


@dataclass(frozen=True, config=STRICT)
class Recipe:
    """A study from data to arms; running it again gives the same result."""

    name: str
    """Short name, also the default folder."""
    data: DataConfig
    """The items."""
    arms: dict[str, ArmConfig]
    """The arms by name, in the order shown."""
    title: Text = ""
    """One line for people."""
    seed: Seed = 0
    """Decides split, label noise, initial weights, batches and maps."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """The network."""
    train: TrainConfig = field(default_factory=TrainConfig)
    """The training."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Random changes of the training pictures."""

    def __post_init__(self) -> None:
        valid = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", self.name)
        require(valid is not None, "name must be letters, digits, dots and dashes, at most 80", key="name")
        require(len(self.arms) >= 1, "a recipe needs at least one arm, such as [arms.nearest]", key="arms")
        for name, arm in self.arms.items():
            require(
                re.fullmatch(ARM_NAME, name) is not None,
                f'arm name "{shown(name)}" must be lower-case letters, digits, dashes',
                key=f"arms.{name}",
            )
            require(name != "pixels", 'an arm cannot be called "pixels": that is the reference', key="arms.pixels")
            self._check_rules(name, arm)
            if not arm.checkpoint:
                self._check_sizes(name, arm)
        for option, losses in OPTIONS.items():
            used = {self.loss_of(name) for name in self.trained}
            require(
                not getattr(self.train, option) or not used or bool(used & losses),
                f"train.{option} is an option of {_either(losses)}, and no arm is trained with that; remove it",
                key=f"train.{option}",
            )

    def _check_rules(self, name: str, arm: ArmConfig) -> None:
        if arm.checkpoint:
            self._check_checkpoint(name, arm)
            return
        loss = self.loss_of(name)
        require(
            loss not in TWO_VIEW_LOSSES or self.augment.active,
            f'arms.{name}: loss = "{loss}" compares two random views of every picture, and without augmentation they '
            "are the same; set augment.crop below 1, such as 0.5, or augment.flip = true",
            key="augment.crop",
        )
        if loss in RULELESS_LOSSES:
            self._refuse_rule(name, arm, loss)
            return
        require(
            arm.positives is not None,
            f'arms.{name}: loss = "{loss}" needs a positives rule',
            key=f"arms.{name}.positives",
        )
        require(
            self.train.negatives != "own" or loss in OWN_MINING,
            f'arms.{name}: loss = "{loss}" has no mining of its own for train.negatives = "own", only '
            f"{_either(OWN_MINING)} has; choose semihard, distance-weighted, hardest, random or all",
            key=f"arms.{name}",
        )

    def _refuse_rule(self, name: str, arm: ArmConfig, loss: LossName) -> None:
        why = (
            "takes all pairs of a batch and has no positive to choose"
            if loss in BATCH_LOSSES
            else "compares items with class proxies and has no in-batch positive"
        )
        require(
            arm.positives is None,
            f'arms.{name}: positives = "{arm.positives}" cannot go with loss = "{loss}", which {why}; remove positives '
            "or choose a loss whose pairs are chosen, such as triplet",
            key=f"arms.{name}",
        )

    def _check_sizes(self, name: str, arm: ArmConfig) -> None:
        train, loss = self.train, self.loss_of(name)
        if loss == "margin":
            farthest = train.beta + (train.margin or DEFAULT_MARGINS[loss])
            require(
                farthest <= 2,
                f"arms.{name}: train.beta + train.margin is {farthest:g}, but unit vectors lie at most 2 apart, so no "
                "negative could ever satisfy the margin loss; lower one of them",
                key=f"arms.{name}",
            )
        if loss in MAX_COMPARED and (train.negatives or DEFAULT_NEGATIVES[loss]) == "all":
            of_class = train.samples_per_class + train.memory // train.classes_per_batch
            batch = train.classes_per_batch * train.samples_per_class
            compared = batch * (of_class if arm.positives == "all" else 1) * (train.classes_per_batch - 1) * of_class
            compared *= batch if loss == "nt-xent" else 1  # it sets every positive pair against every negative one
            require(
                compared <= MAX_COMPARED[loss],
                f"arms.{name}: {arm.positives} positives with all negatives make some {compared / 1e6:.0f} million "
                f'comparisons a step in loss = "{loss}", more than {MAX_COMPARED[loss] / 1e6:.0f}; choose another '
                "rule, a smaller batch or less train.memory",
                key=f"arms.{name}",
            )

    def _check_checkpoint(self, name: str, arm: ArmConfig) -> None:
        require(
            arm.positives is None and arm.loss is None,
            f"arms.{name} has a checkpoint and is not trained; remove its positives and loss",
            key=f"arms.{name}",
        )
        require(
            arm.checkpoint != PRETRAINED or bool(self.model.weights),
            f'arms.{name}: checkpoint = "{PRETRAINED}" needs model.weights',
            key=f"arms.{name}",
        )

    @property
    def trained(self) -> list[str]:
        """The arms that are trained here, in order."""
        return [name for name, arm in self.arms.items() if not arm.checkpoint]

    def loss_of(self, arm: str) -> LossName:
        """The loss an arm is trained with."""
        return self.arms[arm].loss or self.train.loss

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Check nested plain values; RecipeError names every wrong key."""
        return checked(cls, values)

    @classmethod
    def load(cls, source: str | Path, overrides: tuple[str, ...] = ()) -> Self:
        """Read a TOML file, or a recipe shipped with the package by its name.

        overrides: `key.path=value` strings, the value in TOML or a bare word.
        """
        try:
            values = tomllib.loads(read_source(source))
        except NOT_TOML as error:
            raise RecipeError(f"{shown(source)} is not valid TOML: {shown(error, limit=120)}") from None
        for override in overrides:
            apply_override(values, override)
        return cls.from_dict(values)

    def to_dict(self) -> dict[str, Any]:
        """Nested plain values without empty entries, as TOML holds them."""
        return _without_none(asdict(self))

    def to_toml(self) -> str:
        """The recipe as TOML; `Recipe.from_dict(tomllib.loads(...))` gives it back."""
        return tomli_w.dumps(self.to_dict())


def _either(losses: frozenset[str]) -> str:
    return " or ".join(sorted(losses))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item not in (None, {})}
    return value
