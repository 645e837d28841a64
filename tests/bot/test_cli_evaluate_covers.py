"""Promises of ``cratedigger evaluate --task covers``, and the targets it must reach on pictures made for the test."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.playground.sample.cover_painting import paint_cover
from bot.playground.sample.words import genres
from recommender.evaluation import methods
from recommender.evaluation.picture_copies import COPIES
from tests.command_line import Result, Run, ran

COVERS_PER_GENRE = 6


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, models: Path) -> Run:
    """Run the command in a home whose networks are converted already."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(models)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRATEDIGGER_HOME", str(home))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> Result:
        return ran("evaluate", "--task", "covers", *arguments, monkeypatch=monkeypatch, capfd=capfd)

    return run


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of covers of twelve genres, painted in their ways, but in colours that say nothing of the genre."""
    root = tmp_path_factory.mktemp("painted")
    rng = np.random.default_rng(11)
    for genre in genres():
        (root / genre).mkdir()
        for number in range(COVERS_PER_GENRE):
            picture = paint_cover(genre, f"Album {number}", f"Artist {number}", seed=number)
            (root / genre / f"{number}.jpg").write_bytes(_recoloured(picture, rng))
    return root


def test_the_default_network_is_well_above_colours_and_edges(run: Run, painted: Path) -> None:
    result = run(
        "--data", str(painted), "--methods", "random,histogram,hog,histogram+hog,cnn,ours", "--k", "5", "--json"
    )

    assert result.code == 0, result.err
    rows = {row["method"]: row for row in result.json["rows"]}
    best = max(rows[name]["precision"] for name in ("histogram", "hog", "histogram+hog"))
    assert rows["random"]["precision"] < 0.2
    # By what is missed, for the best of the simple methods leaves no room for a ratio of what is found.
    assert 1 - rows["cnn"]["precision"] < (1 - best) / 2
    assert 1 - rows["ours"]["precision"] < (1 - best) / 2
    assert min(rows["ours"]["precision_ci"][0], rows["cnn"]["precision_ci"][0]) > best
    assert set(rows["ours"]["copies"]) == set(COPIES)
    hardest, *others = sorted(rows["ours"]["copies"].values())  # the hardest joins all the others
    assert hardest >= 0.7
    assert min(others) >= 0.95
    assert rows["ours"]["copies_asked"] == rows["ours"]["n"] == 12 * COVERS_PER_GENRE
    assert [(each["method"], each["metric"]) for each in result.json["comparisons"]] == [
        ("cnn", "ndcg"),
        ("ours", "ndcg"),
    ]


def test_people_get_a_table_that_fits_a_terminal(run: Run, painted: Path) -> None:
    result = run("--data", str(painted), "--methods", "histogram+hog,random")

    assert result.code == 0, result.err
    assert "Centre" in result.out
    assert "72 pictures, 72 asked, 12 genres" in " ".join(result.out.split())
    assert "…" not in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_encoders_that_are_not_here_are_left_out_with_a_sentence_each(
    run: Run, painted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "COVER_METHOD_NAMES", ("random",))

    result = run("--data", str(painted), "--json")

    assert result.code == 0, result.err
    assert [row["method"] for row in result.json["rows"]] == ["random"]
    for name in ("resnet50", "vgg16"):
        assert f"{name} is left out: The encoder '{name}' is not available here" in result.err


def test_another_encoder_can_be_named(run: Run, painted: Path) -> None:
    unknown = run("--data", str(painted), "--methods", "random,inception")
    missing = run("--data", str(painted), "--methods", "vgg16")

    assert (unknown.code, missing.code) == (2, 2)
    assert "choose one of efficientnet-lite0, resnet50, vgg16" in unknown.err
    assert "For --task covers there are also random, histogram, hog, histogram+hog, cnn, ours" in unknown.err
    assert "put vgg16-397923af.pth into" in missing.err


def test_hog_without_its_package_is_refused(run: Run, painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda name: None if name == "skimage" else object())

    result = run("--data", str(painted), "--methods", "hog")

    assert result.code == 2
    assert "hog needs scikit-image: pip install scikit-image" in result.err


def test_a_folder_is_for_covers_alone(run: Run, painted: Path) -> None:
    other = run("--task", "text", "--data", str(painted))
    nowhere = run("--data", "nowhere")

    assert (other.code, nowhere.code) == (2, 2)
    assert "is not a file" in other.err
    assert "there is no file nowhere" in nowhere.err


def test_pictures_that_cannot_be_used_are_named(run: Run, tmp_path: Path) -> None:
    for genre in ("rock", "jazz"):
        (tmp_path / "few" / genre).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (30, 30), (90 * number, 0, len(genre) * 9 + (genre == "jazz"))).save(
                tmp_path / "few" / genre / f"{number}.png"
            )
    (tmp_path / "few" / "rock" / "notes.txt").write_text("no picture")

    result = run("--data", "few", "--methods", "random", "--json")

    assert result.code == 0, result.err
    assert result.json["data"]["about"].endswith(
        "left out: 1 refused: it is not a whole JPEG, PNG or WebP file (rock/notes.txt)"
    )


def _recoloured(picture: bytes, rng: np.random.Generator) -> bytes:
    """Turn all hues by the same random angle, and half of the pictures into their negatives."""
    with Image.open(BytesIO(picture)) as opened:
        hsv = np.asarray(opened.convert("HSV"), dtype=np.uint8).copy()
    hsv[..., 0] += np.uint8(rng.integers(256))
    colours = Image.fromarray(hsv, "HSV").convert("RGB")
    if rng.random() < 0.5:
        colours = Image.fromarray(255 - np.asarray(colours))
    file = BytesIO()
    colours.save(file, "JPEG", quality=88)
    return file.getvalue()
