"""Small experiments, each of which shows one effect of class collapse in seconds, and variations of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.authoring.form_schema import assemble, recipe_keys, value_at
from core.recipe.recipe import Recipe

STANDARD_AND_NEAREST = {"standard": {"positives": "random"}, "nearest": {"positives": "nearest"}}
BASE: dict[str, dict[str, Any]] = {
    "data": {"source": "synthetic-vectors", "test_fraction": 0.5, "label_noise": 0.1},
    "synthetic": {"items": 2000, "classes": 2, "modes": 4},
    "model": {"name": "mlp", "dim": 8, "width": 64},
    # Random negatives, as in the theory, so that the two can be compared.
    "train": {"epochs": 15, "lr": 3e-3, "margin": 0.2, "negatives": "random", "samples_per_class": 32},
}
KINDS: dict[str, dict[str, Any]] = {
    "synthetic-vectors": {"data.channels": 1, "model.name": "mlp", "model.width": 64},
    "synthetic-shapes": {"data.channels": 3, "model.name": "convnet", "model.width": 8},
}
"""Values for each kind of data, by path: networks that train in seconds on a CPU."""
OWN = "lab-own"
"""The name of the recipes that `own_experiment` makes."""


@dataclass(frozen=True)
class Preset:
    """An experiment with its explanation."""

    name: str
    """Also the recipe's name, after `lab-`."""
    title: str
    """One line."""
    story: str
    """What to look at, what happens and why, for someone who has never heard of class collapse."""
    arms: dict[str, dict[str, str]] = field(default_factory=lambda: STANDARD_AND_NEAREST)
    """Arm -> its keys in the recipe."""
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Table -> keys in which it differs from the common settings."""

    def recipe(self, *, seed: int = 0) -> Recipe:
        """The recipe; the seed decides the data too."""
        tables = {table: values | self.changes.get(table, {}) for table, values in BASE.items()}
        synthetic = tables.pop("synthetic") | {"seed": seed}
        tables["data"]["synthetic"] = synthetic
        return Recipe.from_dict(
            {"name": f"lab-{self.name}", "title": self.title, "seed": seed, "arms": self.arms, **tables}
        )


PRESETS = [
    Preset(
        "clean",
        "Clean labels: nothing forces a class together",
        "Every label is right. Both arms tell the classes apart, and the groups inside a class stay apart too: a class "
        "needs only be far from the other, and drawing its own groups together gains nothing. Collapse is not what "
        "these losses ask for as such.",
        changes={"data": {"label_noise": 0.0}},
    ),
    Preset(
        "noise",
        "One label in ten is wrong: the standard arm collapses, nearest positives do not",
        "A mislabelled item is a negative to its own neighbours. With random positives the loss is smallest with each "
        "class at one point, where no two of its items differ. Nearest positives only ask an anchor to be close to "
        "some item of its class, as it is to those of its own group: the groups stay. The price: little holds the "
        "groups of a class together either, so that classes as such are found less well (coarse MAP@R).",
    ),
    Preset(
        "pictures",
        "The same in pictures: red squares and blue stars, to be judged by eye",
        "Each class is a union of four looks, such as red square and green star; one label in ten is wrong. Open the "
        "study in Compare and click a picture: in the nearest arm nearly all of its neighbours look like it, in the "
        "standard arm other looks of its class come in between, since the network learns to ignore the difference.",
        changes={
            "data": {"source": "synthetic-shapes", "channels": 3},
            "synthetic": {"items": 1000},
            "model": {"name": "convnet", "width": 8},
            "train": {"epochs": 10},
        },
    ),
    Preset(
        "two-samples",
        "Two samples a class: nearest is random",
        "With two items of a class in a batch the nearest other one is the only other one. Both arms see the same "
        "pairs and end at the same embedding, collapse included: nearest positives need items to choose from.",
        # All negatives: nothing is random then, and the arms are equal bit for bit.
        changes={
            "synthetic": {"classes": 4},
            "train": {"samples_per_class": 2, "classes_per_batch": 4, "negatives": "all", "epochs": 8},
        },
    ),
    Preset(
        "fixed-beta",
        "A fixed boundary: the margin loss leaves room inside a class",
        "Both arms take random positives. The margin loss with a fixed boundary stops pulling two items of a class "
        "once they are nearer than the boundary less the margin, which leaves room for groups. The triplet loss has no "
        "such limit.",
        arms={"triplet": {"positives": "random"}, "fixed": {"positives": "random", "loss": "margin"}},
        changes={
            "synthetic": {"separation": 3.0},
            "train": {"learn_beta": "no", "beta": 1.2, "epochs": 20},
        },
    ),
    Preset(
        "many-samples",
        "Many samples a class: nearest positives let a class fall to pieces",
        "The opposite disease. The more items an anchor may choose from, the nearer its nearest positive is already, "
        "and the less holds a class together: its groups drift apart, until the nearest group is one of another class. "
        "With 4 samples a class instead of 62 it hardly happens.",
        changes={
            "data": {"label_noise": 0.0},
            "synthetic": {"classes": 8},
            "train": {"samples_per_class": 62, "classes_per_batch": 8, "epochs": 30},
        },
    ),
    Preset(
        "hardest",
        "Hardest positives: everything falls to one point",
        "The hardest positive of a class with wrong labels is often a mislabelled item, deep inside the other class, "
        "and the hardest negative a mislabelled item nearby. Pulling at the first and pushing at the second draws all "
        "items together, until they are at one point and the loss stays at the margin. The loss alone looks harmless. "
        "The nearest arm has the same negatives and does not collapse.",
        arms={"hardest": {"positives": "hardest"}, "nearest": {"positives": "nearest"}},
        changes={"train": {"negatives": "hardest", "epochs": 20}},
    ),
]


def own_experiment(preset: Preset, values: dict[str, Any], arms: Sequence[tuple[str, dict[str, Any]]]) -> Recipe:
    """A preset's recipe with values of one's own, by path, and other arms; None = the default.

    values: `data.source`, which decides the network, and `seed`, which decides the data too, are always among them.
    Raises RecipeError, one sentence.
    """
    start = preset.recipe().to_dict()
    kept = {key.path: value_at(start, key.path) for key in recipe_keys()}
    chosen = kept | KINDS[values["data.source"]] | values
    named = {"name": OWN, "title": _title(chosen, arms), "data.synthetic.seed": values["seed"]}
    return assemble(chosen | named, arms)


def _title(values: dict[str, Any], arms: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """The experiment in one line."""
    kind = "vectors" if values["data.source"] == "synthetic-vectors" else "pictures"
    sides = [f"{arm['positives']} positives ({arm.get('loss') or values['train.loss']})" for _, arm in arms]
    share = f"{100 * values['data.label_noise']:.0f} % wrong labels"
    return f"{values['data.synthetic.items']:,} {kind}, {share}: {' against '.join(sides)}"


def arm_names(rules: Sequence[str], losses: Sequence[str]) -> list[str]:
    """Names of two arms, by what differs between them."""
    for differing in (rules, losses):
        if len(set(differing)) == len(differing):
            return list(differing)
    return ["one", "two"]
