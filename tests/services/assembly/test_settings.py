"""Settings: every one documented, none misspelt in silence, and one reader of the environment."""

import ast
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from services.assembly.settings import Settings, SettingsError, load_settings, settings_reference

ROOT = Path(__file__).parents[3]
NAMES = [entry.metadata["name"] for entry in fields(Settings)]


class TestLoadSettings:
    def test_fills_in_the_defaults(self, environment):
        settings = load_settings(environment)
        assert settings.prefecture_name == "兵庫県"
        assert (settings.session_idle_minutes, settings.session_hours) == (30, 10)
        assert settings.secure_cookies is True

    def test_ignores_what_is_not_ours(self, environment):
        assert load_settings({**environment, "PATH": "/bin"}) == load_settings(environment)

    def test_reads_switches_and_numbers(self, environment):
        settings = load_settings({**environment, "YUI_SECURE_COOKIES": "no", "YUI_POOL_SIZE": "3"})
        assert (settings.secure_cookies, settings.pool_size) == (False, 3)

    def test_names_everything_that_is_missing_at_once(self):
        with pytest.raises(SettingsError) as refusal:
            load_settings({})
        for name in (
            "YUI_DATABASE_URL",
            "YUI_BROKER_URL",
            "YUI_SECRET_KEY",
            "YUI_PREFECTURE_NAME",
            "YUI_S3_BUCKET",
        ):
            assert f"{name} is missing" in str(refusal.value)

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("YUI_DATABASE_ULR", "x", "YUI_DATABASE_ULR is not a setting of this product"),
            ("YUI_POOL_SIZE", "many", "YUI_POOL_SIZE must be a whole number from 1 to 200"),
            ("YUI_POOL_SIZE", "0", "YUI_POOL_SIZE must be a whole number from 1 to 200"),
            ("YUI_POOL_SIZE", "٣", "YUI_POOL_SIZE must be a whole number from 1 to 200"),
            ("YUI_SECURE_COOKIES", "perhaps", "YUI_SECURE_COOKIES must be yes or no"),
            ("YUI_DATABASE_URL", "mysql://x", "YUI_DATABASE_URL must begin with postgresql://"),
            ("YUI_OWNER_DATABASE_URL", "x", "YUI_OWNER_DATABASE_URL must begin with postgresql://"),
            ("YUI_BROKER_URL", "http://x", "YUI_BROKER_URL must begin with amqp://"),
            ("YUI_SECRET_KEY", "short", "YUI_SECRET_KEY must have at least 32 characters"),
            ("YUI_S3_ACCESS_KEY", "alone", "must be set together"),
            ("YUI_LOG_LEVEL", "LOUD", "YUI_LOG_LEVEL must be DEBUG"),
        ],
    )
    def test_refuses_what_is_wrong_in_one_sentence(self, environment, name, value, sentence):
        with pytest.raises(SettingsError, match=sentence):
            load_settings({**environment, name: value})


class TestSettings:
    def test_shows_no_secret_when_printed(self, environment):
        environment["YUI_SECRET_KEY"] = "do-not-show-this-do-not-show-this"
        text = repr(load_settings(environment))
        assert "do-not-show" not in text
        assert "yui_app:p" not in text

    def test_cannot_be_changed(self, environment):
        with pytest.raises(FrozenInstanceError):
            load_settings(environment).pool_size = 1


class TestReference:
    @pytest.mark.parametrize("name", NAMES)
    def test_documents_every_setting_once(self, name):
        assert settings_reference().count(f"| `{name}` |") == 1

    @pytest.mark.parametrize("name", NAMES)
    def test_is_complete_in_the_readme_too(self, name):
        readme = ROOT / "README.md"
        if not readme.exists():
            pytest.skip("the README is not written yet")
        assert name in readme.read_text(encoding="utf-8")

    def test_hides_no_default(self):
        assert "| `YUI_SESSION_HOURS` | `10` | no |" in settings_reference()


class TestEnvironment:
    def test_has_one_reader(self):
        readers = set()
        for floor in ("tenants", "billing", "procurement", "services"):
            for path in (ROOT / floor).rglob("*.py"):
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    named = isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
                    taken = (
                        isinstance(node, ast.ImportFrom)
                        and node.module == "os"
                        and any(alias.name in {"environ", "environb", "getenv"} for alias in node.names)
                    )
                    if named or taken:
                        readers.add(path.relative_to(ROOT).as_posix())
        assert readers == {"services/assembly/settings.py"}
