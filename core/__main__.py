"""The command line: python -m core run | import | search | diagnose | misses | report | convert | keys | data check."""

import json
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

import core
from core.common.errors import DataError, UncollapseError, shown
from core.common.strict_json import to_json
from core.pipeline.warmup import warm_up
from core.recipe.constraints import SEEDS
from core.recipe.reading import recipe_names
from core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from core.authoring.form_schema import Key
    from core.data import Examined
    from core.storage.study import Study

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
data_app = typer.Typer(no_args_is_help=True, help="Look at data sets before they are used.")
app.add_typer(data_app, name="data")
stdout = Console(width=None if sys.stdout.isatty() else 160)  # a file or pipe has no width to wrap at
stderr = Console(stderr=True)

GATE = re.compile(r"\s*([a-z ]+?)\s*>\s*(\d+)\s*")
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="COLUMN=NAME", help="What the table calls a column: label=Class."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def _print_version(asked: bool | None) -> None:
    if asked:
        stdout.print(f"Uncollapse {core.__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = None,
) -> None:
    """Whether the classes of an embedding have collapsed, and what nearest positives change."""


@app.command()
def run(
    recipe: Annotated[str, typer.Argument(help="A recipe file (.toml), or the name of a shipped one.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the study; studies/NAME by default.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="Change a value: train.epochs=5; `core keys` lists all.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on from an interrupted run.")] = False,
    as_json: AsJson = False,
    status: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Train all arms of a recipe and compare them."""
    from core.authoring.recipe_notices import recipe_notices
    from core.jobs.job import wait_for_turn
    from core.jobs.status import StatusWriter
    from core.storage.catalogue import studies_root

    wanted = Recipe.load(recipe, tuple(overrides or ()))
    out = out or studies_root() / wanted.name
    if int(os.environ.get("RANK", "0")):  # of torchrun: all but the first process only help with the training
        return _follow(wanted, out)
    for notice in recipe_notices(wanted):
        if notice.severity != "info":
            _print_warning(notice.message)
    if status is None:
        with _progress_bar() as bar:
            study = _run(wanted, out, resume=resume, progress=_on_bar(bar))
    else:
        wait_for_turn(status)
        with StatusWriter(status) as writer:
            study = _run(wanted, out, resume=resume, progress=writer.update)
            writer.done(out)
    _print_summary(study, as_json=as_json)


@app.command(name="import")
def import_embeddings(
    out: Annotated[Path, typer.Option(help="Folder of the study.")],
    spec: Annotated[Path | None, typer.Argument(hidden=True)] = None,
    table: Annotated[
        Path | None, typer.Option(help="The items: CSV or Parquet with label [sublabel] [split] [path] [id].")
    ] = None,
    embeddings: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="An arm's vectors, .npy or .parquet; one row per item."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="NAME=FILE", help="Vectors from before any training, to compare with.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder or zip that the table's paths lead to.")] = None,
    columns: Columns = None,
    title: Annotated[str, typer.Option(help="One line for people.")] = "",
    seed: Annotated[int, typer.Option(min=SEEDS.min, max=SEEDS.max, help="Decides counts and maps.")] = 0,
    as_json: AsJson = False,
    status: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Make a study of embeddings made elsewhere; rows in the table's order are L2-normalised, nothing is trained."""
    from core.data.columns import parse_columns
    from core.jobs.job import wait_for_turn
    from core.jobs.status import StatusWriter
    from core.pipeline.importing import import_study, open_import, parse_sources
    from core.recipe.import_spec import ImportSpec

    if spec is not None:
        given = ImportSpec.load(spec)
        sources, title, seed = given.sources(), given.title, given.seed
    elif table is None or not embeddings:
        raise DataError("say what to import: --table items.csv --embeddings NAME=FILE")
    else:
        sources = {
            "table": table,
            "embeddings": parse_sources(embeddings, option="--embeddings"),
            "reference": parse_sources([] if reference is None else [reference], option="--reference"),
            "images": images,
            "columns": parse_columns(columns or ()),
        }
    read = open_import(sources["table"], images=sources["images"], columns=sources["columns"])
    if status is None:
        with _progress_bar() as bar:
            study = import_study(out=out, title=title, seed=seed, progress=_on_bar(bar), **sources)
    else:
        wait_for_turn(status)
        with StatusWriter(status) as writer:
            study = import_study(out=out, title=title, seed=seed, progress=writer.update, **sources)
            writer.done(out)
    for problem in read.problems:
        _print_warning(problem.sentence)
    if not as_json:
        _print_note(read.said)
    _print_summary(study, as_json=as_json)


@app.command()
def search(
    study: Annotated[Path, typer.Argument(help="A study folder.")],
    image: Annotated[Path, typer.Option(help="The query picture.")],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many neighbours.")] = 10,
    as_json: AsJson = False,
) -> None:
    """The nearest items of a picture, in every arm."""
    from core.analysis.search import hits
    from core.data import decode
    from core.storage.study import Study

    opened = Study.load(study)
    vectors = opened.embed([decode(image)])
    if not vectors:
        raise DataError(f"{study} has no space that takes pictures")
    found = {name: hits(opened, name, vector[0], k) for name, vector in vectors.items()}
    if as_json:
        _print_json({name: table.to_dict("records") for name, table in found.items()})
    for name, table in found.items() if not as_json else ():
        table.insert(0, "rank", range(1, len(table) + 1))
        _print_table(table, title=name)


@app.command()
def report(
    study: Annotated[Path, typer.Argument(help="A study folder.")],
    out: Annotated[Path, typer.Option(help="The file to write.")] = Path("report.html"),
) -> None:
    """Everything about a study as one HTML file that needs no server and no network."""
    from core.analysis.html_report import write_report
    from core.storage.study import Study

    opened = Study.load(study)
    opened.require_finite()
    write_report(opened, out)
    stdout.print(Text(f"written: {out}"))


@app.command()
def diagnose(
    study: Annotated[Path, typer.Argument(help="A study folder.")],
    arm: Annotated[str | None, typer.Option(help="One arm; all arms and references by default.")] = None,
    as_json: AsJson = False,
    fail_on: Annotated[str | None, typer.Option(help='Exit with 1 if so, as in "destroyed>0"; arms only.')] = None,
) -> None:
    """Every class of a study: sub-clusters, collapse, wrong labels, verdict, and what speaks for it."""
    from core.analysis.evidence import with_evidence
    from core.analysis.label_noise import wrong_labels
    from core.storage.study import Study

    opened = Study.load(study)
    opened.require_finite()
    table = with_evidence(opened)
    if arm is not None:
        table = table[table["arm"] == opened.arm(arm).name]
    gate = None if fail_on is None else _gate(fail_on)
    _print_warnings_of(opened)
    if as_json:
        _print_json(table.to_dict("records"))
    else:
        shown = [
            "arm",
            "label",
            "n",
            "subclusters",
            "kappa",
            "mode_recovery",
            "sublabel_excess",
            "label_noise",
            "label_noise_low",
            "label_noise_high",
            "verdict",
        ]
        _print_table(table[[c for c in shown if c in table and table[c].notna().any()]], title=opened.name)
        if (noise := wrong_labels(opened)) is not None:
            stdout.print(noise.sentence, markup=False, highlight=False, soft_wrap=True)
        for arm_name, label, said in table[["arm", "label", "evidence"]].itertuples(index=False):
            stdout.print(Text.assemble((f"{arm_name}, {label}: ", "bold"), f"{said}."), soft_wrap=True)
    if gate is not None:
        _apply(gate, table[table["arm"].isin(opened.arms)])


@app.command()
def misses(
    study: Annotated[Path, typer.Argument(help="A study folder.")],
    arm: Annotated[str | None, typer.Option(help="One arm; all arms and references by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why queries find another class first: how often each cause, and retrieval if it were mended."""
    from core.analysis.mending import TITLES, misses_table
    from core.analysis.misses import CAUSES
    from core.storage.study import Study

    opened = Study.load(study)
    opened.require_finite()
    table = misses_table(opened, [*opened.arms, *opened.references] if arm is None else [opened.arm(arm).name])
    if as_json:
        _print_json(table.to_dict("records"))
        return
    headings = {"recall@1": "R@1 if mended", "map@r": "MAP@R if mended"}
    _print_table(table.assign(cause=table["cause"].map(TITLES)).rename(columns=headings), title=opened.name)
    for cause in CAUSES.values():
        stdout.print(
            Text.assemble((f"{cause.title}: ", "bold"), f"{cause.rule} Mended: {cause.mended}"), soft_wrap=True
        )


@app.command()
def convert(
    weights: Annotated[Path, typer.Argument(help="A .pth or safetensors file of weights made elsewhere.")],
    model: Annotated[str, typer.Option(help="The network they are for: resnet18, resnet34, resnet50.")],
    out: Annotated[Path | None, typer.Option(help="The new file; beside the old one by default.")] = None,
) -> None:
    """Make a safetensors file of a torchvision network's weights, for model.weights in a recipe."""
    from models.conversion import convert as make

    made = make(weights, out or weights.with_name(f"{weights.stem}-backbone.safetensors"), name=model)
    if made.prefix:
        _print_warning(f'took the names that begin with "{shown(made.prefix)}", without it')
    if made.others:
        _print_warning(f"left other copies of the network: {', '.join(map(shown, made.others[:3]))}")
    if made.outside:
        _print_warning(f"left {len(made.outside):,} other tensors, such as {shown(made.outside[0])}")
    if made.dropped:
        _print_warning(f"left out the classifier, which no embedding needs: {', '.join(made.dropped)}")
    stdout.print(f"saved {made.tensors} tensors in {made.path}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def keys(
    prefix: Annotated[str, typer.Argument(help="Only the keys that begin so: train, data.synthetic, train.loss.")] = "",
    as_json: AsJson = False,
) -> None:
    """Every key of a recipe: its kind, default, range or choices, and what it means."""
    from core.authoring.form_schema import all_keys

    found = [key for key in all_keys() if key.path.startswith(prefix)]
    if not found:
        raise UncollapseError(f'no key of a recipe begins with "{shown(prefix)}"; without it, all are listed')
    if as_json:
        _print_json([_described(key) for key in found])
        return
    rows = [(key.path, key.kind, _default(key), _values(key), key.help) for key in found]
    _print_table(pd.DataFrame(rows, columns=["key", "kind", "default", "values", "meaning"]), title="Keys of a recipe")


@data_app.command("check")
def check_data(
    spec: Annotated[str, typer.Argument(help="A folder, zip, table, recipe file, or the name of a recipe.")],
    overrides: Annotated[list[str] | None, typer.Option("--set", help="Change a recipe: data.path=FOLDER")] = None,
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Say what a data set is understood to be, and everything wrong with it; exits with 2 if it cannot be used."""
    from core.authoring.understood import Understood

    said, found = _examined(spec, tuple(overrides or ()), columns or ())
    understood, problems = Understood.of(found.items), found.problems
    if as_json:
        _print_json({"problems": problems.to_dict("records"), "understood": understood.to_dict()})
    else:
        for sentence in (f"{spec}:", *filter(None, [said]), *understood.sentences()):
            _print_note(sentence)
        if problems.empty:
            _print_note("nothing is wrong")
        else:
            _print_table(problems, title="problems")
    if not found.usable:
        raise typer.Exit(2)


def _run(recipe: Recipe, out: Path, **options: Any) -> Any:
    warm_up(recipe.data)
    from core.pipeline.run import run as run_pipeline
    from core.training import distributed  # imports torch, which plain --help need not wait for

    try:
        with distributed.process_group():
            return run_pipeline(recipe, out, **options)
    except KeyboardInterrupt:  # on its way to exit code 130
        stderr.print("stopped; run the same command with --resume to go on")
        raise


def _follow(recipe: Recipe, out: Path) -> None:
    from core.pipeline.run import follow
    from core.training import distributed

    with distributed.process_group():
        follow(recipe, out)


def _progress_bar() -> Progress:
    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()]
    return Progress(*columns, console=stderr, transient=True)


def _on_bar(bar: Progress) -> Any:
    task = bar.add_task("starting", total=1.0)

    def show(*, message: str | None = None, fraction: float | None = None, **_: Any) -> None:
        bar.update(task, description=message, completed=fraction)

    return show


def _examined(spec: str, overrides: tuple[str, ...], columns: Sequence[str]) -> tuple[str, "Examined"]:
    """What was found out about a table, and what `examine` finds."""
    from core.authoring.dataset_check import check_recipe_data, data_config
    from core.data import examine
    from core.data.columns import parse_columns
    from core.data.table import describe

    if spec in recipe_names() or spec.endswith(".toml"):
        if columns:
            raise UncollapseError("--columns is for a table; a recipe says it as --set data.columns.label=Class")
        recipe = Recipe.load(spec, overrides)
        return describe(recipe.data), check_recipe_data(recipe)
    if overrides:
        raise UncollapseError(f"--set changes a recipe, and {shown(spec)} is none; leave it out")
    config = data_config(spec, parse_columns(columns))
    return describe(config), examine(config)


def _gate(expression: str) -> tuple[str, int]:
    from core.analysis.summary import WORST_FIRST

    match = GATE.fullmatch(expression)
    if match is None or match[1] not in WORST_FIRST:
        raise UncollapseError(
            f'cannot read --fail-on "{shown(expression)}"; write a verdict and a number: "destroyed>0"; '
            f"verdicts: {', '.join(WORST_FIRST)}"
        )
    return match[1], int(match[2])


def _apply(gate: tuple[str, int], table: pd.DataFrame) -> None:
    verdict, limit = gate
    found = table[table["verdict"] == verdict]
    if len(found) > limit:
        where = ", ".join(f"{arm}: {label}" for arm, label in zip(found["arm"], found["label"], strict=True))
        stderr.print(f"failed: {len(found)} class(es) are {verdict}, more than {limit} ({where})", markup=False)
        raise typer.Exit(1)


def _described(key: "Key") -> dict[str, Any]:
    return {
        "key": key.path,
        "kind": key.kind,
        "required": key.required,
        "default": key.default,
        "range": asdict(key.bounds) if key.bounds else None,
        "choices": key.choices,
        "help": key.help,
    }


def _default(key: "Key") -> str | None:
    """As a recipe says it; None where its meaning tells what holds then."""
    if key.required:
        return "required"
    if key.default is None or isinstance(key.default, str):
        return key.default or None
    return json.dumps(key.default)


def _values(key: "Key") -> str | None:
    return ", ".join(map(str, key.choices)) or (str(key.bounds) if key.bounds else None)


def _print_summary(study: Any, *, as_json: bool) -> None:
    from core.analysis.summary import COLUMNS, summarise

    summary = summarise(study)
    _print_warnings_of(study)
    if as_json:
        _print_json({"study": str(study.path), "arms": summary.to_dict("index"), "timings": study.timings})
    else:
        table = summary.rename(columns=COLUMNS).reset_index(names="arm")
        _print_table(table, title=study.name)
        stdout.print(f"saved in {study.path}", markup=False, highlight=False, soft_wrap=True)


def _print_note(note: str) -> None:
    stdout.print(note, markup=False, highlight=False, soft_wrap=True)


def _print_warnings_of(study: "Study") -> None:
    for warning in study.warnings:
        _print_warning(warning.message)
    for name in study.arms:
        for warning in study.arm(name).warnings:
            _print_warning(f"{name}: {warning.message}")


def _print_warning(warning: str) -> None:
    stderr.print(Text.assemble(("warning:", "yellow"), " ", warning), soft_wrap=True)


def _print_json(value: Any) -> None:
    sys.stdout.write(to_json(value) + "\n")


def _print_table(frame: pd.DataFrame, *, title: str) -> None:
    table = Table(title=Text(title), title_justify="left")  # Text: names of classes and files are not markup
    for position, column in enumerate(frame.columns):
        justify: Any = "right" if pd.api.types.is_numeric_dtype(frame[column]) else "left"
        table.add_column(Text(str(column)), justify=justify, overflow="fold", min_width=8 if position == 0 else None)
    for row in frame.itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    stdout.print(table)


def _cell(value: Any) -> Text:
    if pd.isna(value):
        return Text("-")
    return Text(f"{value:.3f}" if isinstance(value, float) else str(value))


def main() -> None:
    """Run a command; every error of ours is one sentence on stderr and exit code 2."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except UncollapseError as error:
        stderr.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
