"""What a setting may be, where it may come from, and what is said when it is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator

from core.base.errors import ConfigurationError
from core.base.settings import Section, Settings, describe
from core.base.settings.installed import CHANNELS
from core.base.settings.product.fal import TRAINERS
from core.base.settings.product.training import Training

CONFIG = Path(__file__).parents[1] / "config.toml"
TOKEN = "123456:AAF-the-secret-of-a-bot"


class Retries(Section):
    limit: int | None = None


class PagerSettings(Section):
    token: SecretStr = SecretStr("")
    backup: SecretStr | None = None
    base_url: str = "http://localhost:8081/bot"
    ports: tuple[int, ...] = ()
    motto: Annotated[str, Field(min_length=1, max_length=9)] = "beep"
    retries: Retries = Retries()

    @model_validator(mode="after")
    def _not_both(self) -> PagerSettings:
        if self.token.get_secret_value() and self.base_url == "none":
            raise ValueError(
                f"token {self.token.get_secret_value()} is of no use without a base_url"
            )
        return self


class Pager:
    Settings = PagerSettings


class Load:
    """Settings from the text of a file and some variables, with the pager as the only channel."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "settings.toml"

    def __call__(self, text: str = "", **environ: str) -> Settings:
        self.file.write_text(text, encoding="utf-8")
        return Settings.load(self.file, environ, {"pager": Pager})

    def refusal(self, text: str = "", **environ: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            self(text, **environ)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return str(caught.value)


S3_KEYS = {"LIKENESS_STORAGE__ACCESS_KEY": "our-name", "LIKENESS_STORAGE__SECRET_KEY": "our-word"}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    return Load(tmp_path)


# Where values come from


def test_without_a_file_or_a_variable_the_defaults_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.load(environ={}, channels={}).model_dump() == Settings().model_dump()


def test_a_file_in_the_current_folder_overrides_a_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text('access = "invite"\n[training]\nmin_photos = 12\n')
    settings = Settings.load(environ={}, channels={})
    assert (settings.access, settings.training.min_photos) == ("invite", 12)


def test_a_variable_overrides_the_file(load: Load) -> None:
    settings = load("[training]\nmin_photos = 12", LIKENESS_TRAINING__MIN_PHOTOS="5")
    assert settings.training.min_photos == 5


def test_a_variable_may_name_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text('access = "invite"')
    Path("other.toml").write_text('access = "list"')
    settings = Settings.load(environ={"LIKENESS_CONFIG": "other.toml"}, channels={})
    assert settings.access == "list"


def test_variables_of_other_programs_are_left_alone(load: Load) -> None:
    assert load(PATH="/bin", LIKENESSES="3").model_dump() == load().model_dump()


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("telegram:1, web:2", ("telegram:1", "web:2")),
        ('["telegram:1"]', ("telegram:1",)),
        ("telegram:1", ("telegram:1",)),
        ("", ()),
    ],
)
def test_a_list_in_a_variable_is_written_with_commas_or_as_in_the_file(
    load: Load, text: str, people: tuple[str, ...]
) -> None:
    assert load(LIKENESS_PEOPLE=text).people == people


def test_numbers_in_a_variables_list_are_numbers(load: Load) -> None:
    assert load(LIKENESS_PAGER__PORTS="80,443").channel("pager").ports == (80, 443)


@pytest.mark.parametrize(("text", "value"), [("False", False), ("no", False), ("1", True)])
def test_a_switch_in_a_variable_takes_the_usual_words(load: Load, text: str, value: bool) -> None:
    assert load(LIKENESS_TRAINING__ENABLED=text).training.enabled is value


def test_a_whole_number_will_do_for_a_number(load: Load) -> None:
    assert load("[jobs]\nsweep_seconds = 20").jobs.sweep_seconds == 20.0


def test_each_value_knows_where_it_came_from(load: Load) -> None:
    settings = load('access = "invite"', LIKENESS_JOBS__THREADS="2")
    origins = [settings.origin(key) for key in ("access", "jobs.threads", "jobs.sweep_seconds")]
    assert origins == [str(load.file), "LIKENESS_JOBS__THREADS", "default"]


def test_settings_never_change_once_loaded(load: Load) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().training.min_photos = 3


# Channels


def test_a_channel_brings_a_section_of_its_own(load: Load) -> None:
    settings = load('[pager]\nbase_url = "http://b"\n[pager.retries]\nlimit = 3')
    section = settings.channel("pager")
    assert isinstance(section, PagerSettings)
    assert (section.base_url, section.retries.limit) == ("http://b", 3)


def test_a_channels_section_inside_a_section_has_its_variables_too(load: Load) -> None:
    assert load(LIKENESS_PAGER__RETRIES__LIMIT="4").channel("pager").retries.limit == 4


@pytest.mark.parametrize("name", ["fax", "training", "channel"])
def test_a_channel_that_is_not_there_is_refused_by_name(load: Load, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no channel '{name}'. Installed: pager"):
        load().channel(name)


@pytest.mark.parametrize("name", ["training", "channel", "load", "my-channel", "My", "a__b"])
def test_a_channels_name_must_be_free_and_fit_a_variable(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.load(CONFIG, {}, {name: Pager})


def test_a_channels_setting_without_a_default_must_be_given() -> None:
    class Fax:
        class Settings(BaseModel):
            number: int = Field(ge=1)

    with pytest.raises(ConfigurationError, match=r"fax.number has no value.*whole number"):
        Settings.load(CONFIG, {}, {"fax": Fax})


# What is refused: the key, the value and the remedy


def test_a_wrong_type_is_refused_with_key_value_and_remedy(load: Load) -> None:
    assert load.refusal("[training]\nmin_photos = 'ten'") == (
        "training.min_photos = 'ten' is not a whole number. "
        "Write a whole number from 1 to 50, or remove the line to use 10."
    )


def test_a_wrong_variable_is_refused_by_its_name_as_well(load: Load) -> None:
    assert load.refusal(LIKENESS_TRAINING__MIN_PHOTOS="ten") == (
        "training.min_photos = 'ten' (from LIKENESS_TRAINING__MIN_PHOTOS) is not a whole number. "
        "Write a whole number from 1 to 50, or unset LIKENESS_TRAINING__MIN_PHOTOS to use 10."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[training]\nmin_photos = true", "training.min_photos = true is not a whole number."),
        ("[training]\nmin_photos = '10'", "training.min_photos = '10' is not a whole number."),
        ("[training]\nmin_photos = 9.5", "training.min_photos = 9.5 is not a whole number."),
        ("[training]\nenabled = 1", "training.enabled = 1 is not true or false."),
        ("[jobs]\nsweep_seconds = nan", "jobs.sweep_seconds = nan is not a number."),
        ("[training]\ndaily_budget_usd = inf", "training.daily_budget_usd = inf is not a number."),
        ("data_dir = 3", "data_dir = 3 is not a text."),
        ("people = 'telegram:1'", "people = 'telegram:1' is not a list of texts."),
        ("invites = [1]", "invites = [1] is not a list of texts."),
        ("access = 'all'", "access = 'all' is not one of its choices."),
        ("[pager.retries]\nlimit = 'x'", "pager.retries.limit = 'x' is not a whole number."),
    ],
)
def test_nonsense_is_never_taken_for_a_value(load: Load, text: str, sentence: str) -> None:
    assert load.refusal(text).startswith(sentence)


@pytest.mark.parametrize("code", ["two words", "осень", "a/b", "", "x" * 65, "a=b", "spring!"])
def test_an_invitation_that_no_link_can_carry_is_refused(load: Load, code: str) -> None:
    message = load.refusal(f'invites = ["spring", "{code}"]')
    assert message.startswith(f'invites = ["spring", "{code}"]: no link can carry {code!r}; a code')
    assert "1 to 64 of A-Z, a-z, 0-9, _ and -" in message
    assert "remove the line" in message


def test_invitations_that_a_link_can_carry_are_taken(load: Load) -> None:
    codes = ("spring", "A-1_b", "x" * 64)
    assert load(f"invites = {list(codes)}").invites == codes


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("bucket = 'A_B'", "storage.bucket = 'A_B': a bucket's name has 3 to 63 of a-z, 0-9"),
        ("bucket = 'ab'", "storage.bucket = 'ab': a bucket's name has 3 to 63"),
        ("prefix = 'mine'", "storage.prefix = 'mine': a place in the bucket is written"),
        ("prefix = '/'", "storage.prefix = '/': a place in the bucket is written"),
    ],
)
def test_a_bad_place_in_a_store_is_refused_with_what_is_wanted(
    load: Load, line: str, wanted: str
) -> None:
    message = load.refusal(f"[storage]\n{line}")
    assert message.startswith(wanted)
    assert "is not a text" not in message


@pytest.mark.parametrize(
    ("backend", "region", "url", "remedy"),
    [
        (
            "folder",
            "eu-1",
            "https://s3.example.org",
            "Remove the first (weights are sent by upload",
        ),
        ("minio", "eu-1", "http://s3.example.org", "is not https://host or https://host:port"),
        ("minio", "eu-1", "https://s3.example.org/b", "is not https://host or https://host:port"),
        ("minio", "eu-1", "s3.example.org", "an address is written https://host"),
        ("minio", "", "https://s3.example.org", "needs storage.region"),
    ],
)
def test_a_public_store_that_nobody_could_reach_safely_is_refused(
    load: Load, backend: str, region: str, url: str, remedy: str
) -> None:
    lines = f"[storage]\nbackend = '{backend}'\nregion = '{region}'\npublic_endpoint = '{url}'"
    message = load.refusal(lines, **S3_KEYS)
    assert "storage.public_endpoint" in message
    assert remedy in message


@pytest.mark.parametrize("url", ["https://s3.example.org", "https://s3.example.org:9443/"])
def test_a_public_store_is_one_by_https(load: Load, url: str) -> None:
    lines = f"[storage]\nbackend = 'minio'\nregion = 'eu-1'\npublic_endpoint = '{url}'"
    assert load(lines, **S3_KEYS).storage.public_endpoint == url.rstrip("/")


def test_a_choice_is_refused_with_the_choices(load: Load) -> None:
    assert 'Write "open" or "invite" or "list", or remove' in load.refusal("access = 'all'")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[training]\nmin_photos = 0", "Write a whole number from 1 to 50"),
        ("[jobs]\nsweep_seconds = 0.0", "Write a number greater than 0 and of at most 3600"),
        ("[training]\ndaily_budget_usd = -1", "Write a number of at least 0, "),
        ("[pager]\nmotto = ''", "Write a text of 1 to 9 letters, "),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_range(load: Load, text: str, remedy: str) -> None:
    message = load.refusal(text)
    assert "is out of range" in message
    assert remedy in message


def test_an_unknown_key_is_refused_with_the_one_meant(load: Load) -> None:
    assert load.refusal("[training]\nmin_fotos = 5").startswith(
        "training.min_fotos = 5 is not a setting. Did you mean training.min_photos?"
    )


def test_a_key_in_the_wrong_section_is_sent_to_its_own(load: Load) -> None:
    assert "Did you mean training.min_photos?" in load.refusal("min_photos = 5")


def test_an_unknown_section_is_refused_with_the_one_meant(load: Load) -> None:
    assert load.refusal("[trainings]\nenabled = true").startswith(
        "trainings is not a setting. Did you mean training?"
    )


def test_what_resembles_nothing_is_to_be_removed(load: Load) -> None:
    assert load.refusal("zzz = 1").startswith("zzz = 1 is not a setting. Remove it.")


@pytest.mark.parametrize(
    "variable",
    [
        "LIKENESS_TRAINING__MIN_FOTOS",
        "LIKENESS_TRAINING_MIN_PHOTOS",
        "LIKENESS_TRAINIG__MIN_PHOTOS",
    ],
)
def test_an_unknown_variable_is_refused_with_the_one_meant(load: Load, variable: str) -> None:
    message = load.refusal(**{variable: "5"})
    assert message.startswith(f"{variable} is not a setting. Did you mean LIKENESS_TRAINING__MIN_P")


def test_a_variable_that_names_a_section_is_refused(load: Load) -> None:
    message = load.refusal(LIKENESS_TRAINING="on")
    assert message.startswith("LIKENESS_TRAINING names a section, not a setting.")


def test_a_value_in_the_place_of_a_section_is_refused(load: Load) -> None:
    assert load.refusal("training = 5").startswith("training = 5 is not a section.")


def test_more_photos_wanted_than_taken_is_refused(load: Load) -> None:
    message = load.refusal("[training]\nmax_photos = 20", LIKENESS_TRAINING__MIN_PHOTOS="30")
    assert "training.min_photos = 30 is greater than training.max_photos = 20" in message
    assert "Lower the first or raise the second (from LIKENESS_TRAINING__MIN_PHOTOS)." in message


def test_a_quiet_longer_than_the_longest_wait_is_refused(load: Load) -> None:
    message = load.refusal("[conversation]\nquiet_seconds = 5.0")
    assert "conversation.quiet_seconds = 5 is greater than conversation.settle_seconds" in message


@pytest.mark.parametrize("url", ["mysql://host/name", "postgres", "sqlite://x.db"])
def test_a_database_of_another_kind_is_refused(load: Load, url: str) -> None:
    message = load.refusal(f"[database]\nurl = '{url}'")
    assert message.startswith(f"database.url = '{url}': a database is written sqlite:///path or")


def test_a_person_without_a_channel_is_refused(load: Load) -> None:
    message = load.refusal("people = ['anna']")
    assert message.startswith('people = ["anna"]: an address is written "channel:id", not \'anna\'')


def test_every_problem_is_told_at_once(load: Load) -> None:
    message = load.refusal("zzz = 1\n[jobs]\nthreads = 0", LIKENESS_ACCESS="all")
    assert message.startswith("3 settings are wrong:\n- zzz")
    assert "- jobs.threads = 0" in message
    assert "- access = 'all' (from LIKENESS_ACCESS)" in message


def test_a_long_value_is_cut_short(load: Load) -> None:
    assert len(load.refusal(f"access = '{'x' * 5000}'")) < 300


# Files that can't be read


def _missing(file: Path) -> None:
    file.unlink()


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (lambda file: file.write_text("a = \n"), "is not valid TOML: Invalid value (at line 1"),
        (lambda file: file.write_bytes(b"a = '\xff'"), "is not UTF-8 text"),
        (_missing, "can't be read: No such file"),
        (_folder, "can't be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, prepare: Callable[[Path], None], problem: str
) -> None:
    file = tmp_path / "settings.toml"
    file.touch()
    prepare(file)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(file, {}, {})
    assert str(caught.value).startswith(f"{file} {problem}")


# Secrets


def test_a_secret_comes_from_the_environment(load: Load) -> None:
    section = load(LIKENESS_PAGER__TOKEN=TOKEN).channel("pager")
    assert section.token.get_secret_value() == TOKEN


@pytest.mark.parametrize("key", ["token", "backup"])
def test_a_secret_in_the_file_is_refused_without_showing_it(load: Load, key: str) -> None:
    message = load.refusal(f"[pager]\n{key} = '{TOKEN}'")
    assert message.startswith(f"pager.{key} is a secret, which may not stand in {load.file}.")
    assert f"set LIKENESS_PAGER__{key.upper()} in the environment" in message
    assert TOKEN not in message


def test_a_password_in_the_files_url_is_refused_without_showing_it(load: Load) -> None:
    message = load.refusal("[database]\nurl = 'postgresql://bot:hush@host/likeness'")
    assert message.startswith("database.url holds a password")
    assert "hush" not in message


@pytest.mark.parametrize("variable", ["LIKENESS_PAGER__TOKN", "LIKENESS_PAGE", "LIKENESS_PAGER"])
def test_a_misspelt_variable_does_not_show_the_secret_in_it(load: Load, variable: str) -> None:
    assert TOKEN not in load.refusal(**{variable: TOKEN})


@pytest.mark.parametrize("key", ["tokn", "bot_token", "password"])
def test_a_misspelt_key_does_not_show_the_secret_in_it(load: Load, key: str) -> None:
    assert TOKEN not in load.refusal(f"[pager]\n{key} = '{TOKEN}'")


def test_a_channels_own_sentence_does_not_show_the_secret_it_holds(load: Load) -> None:
    message = load.refusal("[pager]\nbase_url = 'none'", LIKENESS_PAGER__TOKEN=TOKEN)
    assert (
        message == "pager: token *** is of no use without a base_url (from LIKENESS_PAGER__TOKEN)."
    )


@pytest.mark.parametrize("secret", ["a", "at", "token", "base_url", "of no use"])
def test_a_secret_that_is_a_word_of_a_message_does_not_show_as_a_gap_in_it(
    load: Load, secret: str
) -> None:
    message = load.refusal("[pager]\nbase_url = 'none'", LIKENESS_PAGER__TOKEN=secret)
    assert (
        message == "pager: token *** is of no use without a base_url (from LIKENESS_PAGER__TOKEN)."
    )


@pytest.mark.parametrize("secret", ["a", "token", "16 letters", "hex", "*"])
def test_a_secret_that_is_too_short_is_refused_by_its_length(load: Load, secret: str) -> None:
    assert load.refusal(LIKENESS_HTTP__METRICS_TOKEN=secret) == (
        "http.metrics_token (from LIKENESS_HTTP__METRICS_TOKEN): the token of /metrics has at "
        f"least 16 letters, and this one {len(secret)}; `openssl rand -hex 16` makes one. Correct "
        "it, or unset LIKENESS_HTTP__METRICS_TOKEN to use its default."
    )


@pytest.mark.parametrize("text", [repr, str, describe])
def test_no_way_to_print_settings_shows_a_secret(load: Load, text: Callable[[Any], str]) -> None:
    settings = load(
        LIKENESS_PAGER__TOKEN=TOKEN, LIKENESS_DATABASE__URL="postgresql://bot:hush@host/likeness"
    )
    assert TOKEN not in text(settings)
    assert "hush" not in text(settings)


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("mysql://bot:hush@host/name", "mysql://bot:***@host/name"),
        ("mysql://bot:hu@sh/x@host/name", "mysql://bot:***@host/name"),
        ("mysql://host/name?user=a&password=hush", "mysql://host/name?user=a&password=***"),
        ("mysql://host:3306/name@here", "mysql://host:3306/name@here"),
    ],
)
def test_a_wrong_url_is_shown_without_its_password(load: Load, url: str, hidden: str) -> None:
    assert f"database.url = '{hidden}'" in load.refusal(LIKENESS_DATABASE__URL=url)


# fal.ai


def test_fals_own_variable_gives_the_key_and_is_named_as_its_origin(load: Load) -> None:
    settings = load(FAL_KEY="id:hush")
    assert settings.fal.key.get_secret_value() == "id:hush"
    assert settings.origin("fal.key") == "FAL_KEY"
    assert "hush" not in describe(settings)


def test_our_own_variable_goes_before_fals(load: Load) -> None:
    settings = load(FAL_KEY="theirs", LIKENESS_FAL__KEY="ours")
    assert settings.fal.key.get_secret_value() == "ours"
    assert settings.origin("fal.key") == "LIKENESS_FAL__KEY"


def test_an_empty_key_of_fal_is_none(load: Load) -> None:
    assert load(FAL_KEY="").fal.key.get_secret_value() == ""


@pytest.mark.parametrize("key", ["two words", "a\nb", "clé"])
def test_a_key_that_fits_no_header_is_refused_without_showing_it(load: Load, key: str) -> None:
    refusal = load.refusal(FAL_KEY=key)
    assert refusal.startswith("fal.key (from LIKENESS_FAL__KEY): a key has no spaces")
    assert key not in refusal


@pytest.mark.parametrize("name", ["queue_url", "rest_url", "cdn_url", "jwks_url", "api_url"])
@pytest.mark.parametrize(
    "url", ["queue.fal.run", "ftp://fal.run", "https://", "https://a b", "https://h:port"]
)
def test_an_address_of_fal_that_is_none_is_refused_by_name(load: Load, name: str, url: str) -> None:
    refusal = load.refusal(f'[fal]\n{name} = "{url}"')
    assert refusal.startswith(f"fal.{name} = '{url}': ")
    assert "Correct it, or remove the line to use " in refusal


def test_orders_must_go_somewhere(load: Load) -> None:
    assert load.refusal('[fal]\nqueue_url = ""').startswith("fal.queue_url = '': an address is")


def test_uploads_and_keys_are_where_orders_go_unless_it_says_otherwise(load: Load) -> None:
    fal = load("").fal
    assert (fal.rest, fal.cdn) == ("https://rest.fal.ai", "https://v3.fal.media")
    assert fal.jwks == "https://rest.fal.ai/.well-known/jwks.json"
    away = load('[fal]\nqueue_url = "http://127.0.0.1:9/queue"').fal
    assert (away.rest, away.cdn) == ("http://127.0.0.1:9", "http://127.0.0.1:9")
    assert away.jwks == "http://127.0.0.1:9/.well-known/jwks.json"
    named = load('[fal]\nqueue_url = "http://127.0.0.1:9"\nrest_url = "http://b/rest/"').fal
    assert (named.rest, named.cdn) == ("http://b/rest", "http://127.0.0.1:9")
    assert named.jwks == "http://b/rest/.well-known/jwks.json"


def test_an_address_of_fal_holds_no_password_and_no_parameters(load: Load) -> None:
    for url in ("https://anna@fal.run", "https://fal.run/?a=1", "https://fal.run/#a"):
        assert "an address has no password, no ? and no #" in load.refusal(
            f'[fal]\nqueue_url = "{url}"'
        )


def test_an_address_of_fal_may_end_with_a_slash(load: Load) -> None:
    assert (
        load('[fal]\nqueue_url = "http://127.0.0.1:9/x/"').fal.queue_url == "http://127.0.0.1:9/x"
    )


def test_fewer_photos_than_a_trainer_takes_are_refused_once_trainings_are_real(load: Load) -> None:
    few = "[training]\nmin_photos = 3"
    assert load(few).training.min_photos == 3
    assert load.refusal(few, FAL_KEY="id:hush").startswith(
        "training.min_photos = 3, but flux-lora-portrait-trainer takes no fewer than 4 photos, and "
        "trainings are real now that there is a key. Set it to 4 or more, or take "
        "flux-lora-portrait-trainer out of training.profiles_portrait"
    )
    other = 'profiles_portrait = ["flux-pro-trainer"]'
    assert load(f"{few}\n{other}", FAL_KEY="id:hush").training.min_photos == 3


@pytest.mark.parametrize("name", ["profiles_portrait", "profiles_style"])
def test_a_profile_that_nobody_knows_is_refused_with_those_that_there_are(
    load: Load, name: str
) -> None:
    assert load.refusal(f'[training]\n{name} = ["flux-9"]').startswith(
        f"training.{name} = [\"flux-9\"]: no profile is called 'flux-9'; there are "
        f"{', '.join(TRAINERS)}. Correct it, or remove the line to use "
    )
    assert "it names no profile" in load.refusal(f"[training]\n{name} = []")


def test_a_trainer_whose_models_nobody_paints_with_is_refused(load: Load) -> None:
    assert load('[fal]\npainters = ["flux-2-lora", "flux-lora", "flux-pro-finetuned"]').fal.painters
    refusal = load.refusal('[fal]\npainters = ["flux-lora", "flux-pro-finetuned"]')
    assert refusal.startswith(
        "fal.painters = ['flux-lora', 'flux-pro-finetuned'], but none of them paints with what "
        "flux-2-trainer trains. Add flux-2-lora, or take flux-2-trainer out of "
        "training.profiles_style"
    )
    fast = '["flux-lora-fast-training"]'
    chosen = f"[training]\nprofiles_portrait = {fast}\nprofiles_style = {fast}\n"
    assert load(f'{chosen}[fal]\npainters = ["flux-lora"]').fal.painters


def test_a_painter_that_nobody_knows_is_refused_with_those_that_there_are(load: Load) -> None:
    assert "no painter is called 'flux-9'; there are flux-lora, flux-2-lora" in load.refusal(
        '[fal]\npainters = ["flux-9"]'
    )


def test_no_painters_checker_can_be_switched_off(load: Load) -> None:
    for text in ("enable_safety_checker = false", "safety = false"):
        assert text.partition(" ")[0] in load.refusal(f"[fal.flux_lora]\n{text}")
    assert "safety_tolerance = 5" in load.refusal("[fal.flux_pro_finetuned]\nsafety_tolerance = 5")


# Who answers


def test_production_wants_to_know_who_answers(load: Load) -> None:
    said = load.refusal('environment = "production"\n[operator]\nname = "Anna Berg"')
    assert said == (
        'environment = "production", but people are not told who answers for their photos. '
        "Set operator.contact, operator.privacy in config.toml."
    )
    assert load('[operator]\nname = "Anna Berg"').operator.name == "Anna Berg"


def test_production_starts_once_somebody_answers(load: Load) -> None:
    settings = load(
        'environment = "production"\n[operator]\nname = "Anna Berg"\ncontact = "@annaberg"',
        LIKENESS_OPERATOR__PRIVACY="privacy@example.org",
    )
    assert settings.operator.privacy == "privacy@example.org"


def test_who_answers_is_said_in_one_line(load: Load) -> None:
    assert "it stands in one line" in load.refusal('[operator]\nname = "Anna\\nBerg"')


# Describing, and the file that comes with the program


def test_the_description_is_toml_that_loads_to_the_same_settings(load: Load) -> None:
    settings = load('access = "invite"\npeople = ["web:a\\"b\\"☃"]', LIKENESS_JOBS__THREADS="2")
    assert load(describe(settings)).model_dump() == settings.model_dump()


def test_the_description_says_where_each_value_came_from(load: Load) -> None:
    lines = describe(
        load('access = "invite"', LIKENESS_JOBS__THREADS="2", LIKENESS_PAGER__TOKEN=TOKEN)
    ).splitlines()
    assert f'access = "invite"  # {load.file}' in lines
    assert "threads = 2  # LIKENESS_JOBS__THREADS" in lines
    assert "attempts = 5  # default" in lines
    assert "# token: set, and hidden (LIKENESS_PAGER__TOKEN)" in lines
    assert "# backup: not set (LIKENESS_PAGER__BACKUP)" in lines
    assert "# limit: not set" in lines


def _present_channels() -> dict[str, Any]:
    points = entry_points(group=CHANNELS)
    return {point.name: point.load() for point in points if find_spec(point.module)}


def _plain(value: Any) -> Any:
    """Defaults as TOML would hold them; secrets and what is not set can't stand there."""
    if isinstance(value, dict):
        return {
            key: _plain(item)
            for key, item in value.items()
            if item is not None and not isinstance(item, SecretStr)
        }
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def test_a_price_may_be_unknown_and_is_never_nought(load: Load) -> None:
    text = "[fal.flux_2_trainer]\nusd_per_step = "
    assert load(text + '"unknown"').fal.flux_2_trainer.usd_per_step is None
    assert load(text + "0.01").fal.flux_2_trainer.usd_per_step == 0.01
    assert load("").fal.flux_pro_trainer.usd_per_step is None, "nobody has published it"
    refusal = load.refusal(text + "0.0")
    assert "fal.flux_2_trainer.usd_per_step = 0.0 is out of range" in refusal
    assert 'or "unknown"' in refusal
    assert 'usd_per_step = "unknown"' in describe(load(text + '"unknown"'))


def test_what_a_person_pays_may_be_what_it_costs(load: Load) -> None:
    assert load('[training]\nprice_style_usd = "cost"').training.price_style_usd is None
    assert load("[training]\nprice_style_usd = 0.0").training.price_style_usd == 0.0
    assert 'or "cost"' in load.refusal('[training]\nprice_style_usd = "free"')


def test_a_variable_says_that_a_price_is_unknown(load: Load) -> None:
    variable = {"LIKENESS_FAL__FLUX_2_TRAINER__USD_PER_STEP": "unknown"}
    assert load("", **variable).fal.flux_2_trainer.usd_per_step is None


@pytest.mark.parametrize("first", ["flux-pro-trainer", "flux-pro-trainer,flux-2-trainer"])
def test_a_budget_with_a_trainer_of_unknown_price_is_refused_before_anything_starts(
    load: Load, first: str
) -> None:
    budget = "[training]\ndaily_budget_usd = 13.0\n"
    real = {"FAL_KEY": "a:b", "LIKENESS_TRAINING__PROFILES_STYLE": first}
    refusal = load.refusal(budget, **real)
    for wanted in (
        "training.daily_budget_usd = 13", 'fal.flux_pro_trainer.usd_per_step = "unknown"', "Set it",
    ):  # fmt: skip
        assert wanted in refusal
    load(budget, LIKENESS_TRAINING__PROFILES_STYLE=first)  # what is simulated costs nothing
    load("", **real)
    load(budget, **real, LIKENESS_FAL__FLUX_PRO_TRAINER__USD_PER_STEP="0.01")
    load(budget, FAL_KEY="a:b")  # one that only takes over is passed over


@pytest.mark.parametrize(
    ("style", "painter"),
    [
        ("flux-pro-trainer", "flux_pro_finetuned.usd_per_picture"),
        ("flux-2-trainer", "flux_2_lora.usd_per_megapixel"),
        ("flux-lora-fast-training", "flux_lora.usd_per_megapixel"),
    ],
)
def test_a_budget_with_a_painter_of_unknown_price_is_refused_before_anything_starts(
    load: Load, style: str, painter: str
) -> None:
    budget = "[training]\ndaily_budget_usd = 13.0\n"
    known = {"LIKENESS_FAL__FLUX_PRO_TRAINER__USD_PER_STEP": "0.01"}
    real = {"FAL_KEY": "a:b", "LIKENESS_TRAINING__PROFILES_STYLE": style, **known}
    unknown = {f"LIKENESS_FAL__{painter.upper().replace('.', '__')}": "unknown"}
    refusal = load.refusal(budget, **real, **unknown)
    for wanted in ("daily_budget_usd = 13", f'fal.{painter} = "unknown"', "pictures.enabled"):
        assert wanted in refusal
    load(budget, **real)
    load("", **real, **unknown)
    load(budget, **real, **unknown, LIKENESS_PICTURES__ENABLED="false")
    load(budget, LIKENESS_TRAINING__PROFILES_STYLE=style, **known, **unknown)  # simulated


def test_a_painter_that_nobody_trains_for_may_have_an_unknown_price(load: Load) -> None:
    nobodys = {"LIKENESS_FAL__FLUX_PRO_FINETUNED__USD_PER_PICTURE": "unknown"}
    trained = {"LIKENESS_TRAINING__PROFILES_STYLE": "flux-2-trainer"}
    load("[training]\ndaily_budget_usd = 13.0\n", FAL_KEY="a:b", **nobodys, **trained)


def test_config_toml_lists_every_setting_with_its_default() -> None:
    defaults = type(Settings.load(CONFIG, {}, _present_channels()))()
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8")) == _plain(defaults.model_dump())


def test_config_toml_says_why_at_every_line() -> None:
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    assert [
        line
        for above, line in pairwise(lines)
        if " = " in line and not line.startswith("#") and not above.startswith("#")
    ] == []


def test_config_toml_names_the_variable_of_every_secret() -> None:
    settings = Settings.load(CONFIG, {}, _present_channels())
    named = [line for line in describe(settings).splitlines() if line.startswith("# ")]
    variables = [line[line.index("(") + 1 : -1] for line in named if "LIKENESS_" in line]
    text = CONFIG.read_text(encoding="utf-8")
    assert [variable for variable in variables if variable not in text] == []


def test_the_places_of_rows_and_photos_follow_the_data_folder() -> None:
    settings = Settings(data_dir=Path("there"))
    assert settings.database_url == "sqlite:///there/likeness.db"
    assert settings.objects_dir == Path("there/objects")


def test_settings_made_in_code_are_checked_as_well() -> None:
    with pytest.raises(ValidationError, match="no training could ever start"):
        Settings(training=Training(min_photos=30, max_photos=20))
