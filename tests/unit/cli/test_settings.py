"""`kullback.toml`: what is wrong with it is said once, with the file and the key."""

import inspect
from pathlib import Path

import pytest

import kullback as kl
from kullback.cli._compare import compare
from kullback.cli._config import _COMPARE, _PARAMETERS, _TABLES, Settings, read_settings

FULL = """
[compare]
columns = ["price", "n_*"]
exclude = "id"
where = "price > 0"
unit = ["day", "store"]
pairs = [["a", "b"]]
margin = 0.03
alpha = 0.01
seed = 7
fail_on = ["shift", "structure"]
format = "markdown"
all = true

[compare.margins]
price = 0.05
"n_*" = 1

[compare.roles]
zip = "category"
"""


def write(folder: Path, text: str, name: str = "kullback.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_everything_is_read(tmp_path: Path) -> None:
    found = read_settings(write(tmp_path, FULL)).compare
    assert found["columns"] == ["price", "n_*"]
    assert found["margins"] == {"price": 0.05, "n_*": 1}
    assert (found["alpha"], found["fail_on"], found["roles"]) == (0.01, ["shift", "structure"], {"zip": "category"})


def test_the_current_folder_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(None) == Settings()
    write(tmp_path, "[tool.kullback.compare]\nseed = 1\n[tool.ruff]\nline-length = 9\n", "pyproject.toml")
    assert read_settings(None).compare == {"seed": 1}
    write(tmp_path, "[compare]\nseed = 2\n")
    assert read_settings(None).compare == {"seed": 2}  # the file of its own comes first
    assert read_settings(Path("pyproject.toml")).compare == {"seed": 1}
    assert read_settings(None, look=False) == Settings()


def test_a_project_of_others_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "[tool.ruff\n", "pyproject.toml")
    assert read_settings(None) == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[compare]\nmargn = 1", r"there is no key compare\.margn; did you mean margin\?"),
        ("[compare]\nfail-on = 'shift'", r"there is no key compare\.fail-on; did you mean fail_on\?"),
        ("[compare]\nzzz = 1", r"there is no key compare\.zzz; known are columns, "),
        ("[compar]\nseed = 1", r"there is no table compar; did you mean compare\?"),
        ("seed = 1", r"there is no table seed; known are compare\."),
        ("compare = 3", r"compare is 3; it must be a table: \[compare\]"),
        ("[compare]\nalpha = 1.5", r"compare\.alpha is 1\.5; it must be a number between 0 and 1, as in alpha = 0\.05"),
        ("[compare]\nalpha = true", r"compare\.alpha is True; it must be a number between 0 and 1"),
        ("[compare]\nmargin = nan", r"compare\.margin is nan; it must be a number of bits"),
        ("[compare]\nmargin = -1", r"compare\.margin is -1; it must be a number of bits, 0 or more"),
        ("[compare]\nseed = 1.0", r"compare\.seed is 1\.0; it must be a whole number, 0 or more, as in seed = 0"),
        ("[compare]\ncolumns = 3", r"compare\.columns is 3; it must be a text or a list of texts"),
        ("[compare]\ncolumns = [3]", r"compare\.columns is \[3\]; it must be"),
        ("[compare]\nfail_on = 'shfit'", r"compare\.fail_on is 'shfit'; it must be one of shift, "),
        ("[compare]\nfail_on = ['shift', 1]", r"compare\.fail_on is \['shift', 1\]; it must be one of"),
        ("[compare]\nformat = 'xml'", r"compare\.format is 'xml'; it must be one of text, json, markdown, "),
        ("[compare]\npairs = [['a']]", r"compare\.pairs is \[\['a'\]\]; it must be true, a number of pairs, or a list"),
        ("[compare]\njoint = 1", r"compare\.joint is 1; it must be true or false, as in joint = true"),
        ("[compare]\nmargins = 0.1", r"compare\.margins is 0\.1; it must be a table of columns: \[compare\.margins\]"),
        ("[compare.margins]\nprice = 'x'", r"compare\.margins\.price is 'x'; it must be a number of bits"),
        ("[compare.roles]\nzip = 'text'", r"compare\.roles\.zip is 'text'; it must be one of category, numeric, key, "),
        ("[compare]\nseed = \n", r"is not TOML: .*line 2"),
        ("[compare]\nseed = 1\nseed = 2\n", r"is not TOML: Cannot overwrite a value .*line 3"),
        ('[compare]\n"a\\u001b[31m" = 1', r"there is no key compare\.a\\x1b\[31m"),
    ],
)  # fmt: skip
def test_one_clear_error(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(kl.InputError, match=said) as raised:
        read_settings(path)
    assert str(raised.value).startswith(str(path))


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(kl.InputError, match=r"cannot read the options in '.*none\.toml': No such file"):
        read_settings(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[compare]\nwhere = '\xe9'\n")
    with pytest.raises(kl.InputError, match="is not TOML: byte 20 is no UTF-8 text"):
        read_settings(tmp_path / "latin.toml")
    with pytest.raises(kl.InputError, match=r"tool\.kullback\.compare\.sed; did you mean seed\?"):
        read_settings(write(tmp_path, "[tool.kullback.compare]\nsed = 1", "pyproject.toml"))


def test_keys_are_what_the_verb_and_the_command_take() -> None:
    """A new option of `compare` has a key, unless it is a path or an object; and no key is without effect."""
    not_kept = {"reference", "current", "history", "progress", "least_windows"}
    verb, command = (set(inspect.signature(each).parameters) for each in (kl.compare, compare))
    keys = set(_COMPARE)
    assert verb - not_kept <= keys | set(_TABLES)
    assert {_PARAMETERS.get(key, key) for key in keys} <= command
