"""Errors are shown with a next step and never with a secret."""

import inspect

import pytest
from streamlit.testing.v1 import AppTest

from lfclient import errors
from lfclient.errors import (
    AddressNotAllowed,
    AddressRefused,
    InvalidKey,
    LangflowError,
    ServerFault,
)
from pages._ui.widgets import alerts

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LangflowError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_class_has_a_heading(kind):
    assert kind in alerts.TITLES


def shown(error):
    """Return the text of the alert that an error is shown as."""

    def script(error):
        from pages._ui.widgets import alerts

        alerts.show(error)

    return AppTest.from_function(script, args=(error,)).run().error[0].value


def test_an_error_shows_heading_message_and_hint():
    text = shown(InvalidKey("The server refused the key."))
    assert text.index("not accepted") < text.index("refused the key") < text.index("Create an API")


def test_an_error_without_a_kind_has_no_heading():
    text = shown(LangflowError("The files could not be added.", hint="Try again."))
    expected = "The files could not be added.\n\n:material/arrow_forward: Try again."
    assert text.replace("\\", "") == expected


def test_an_address_is_called_invalid_only_if_it_could_never_be_used():
    assert alerts.title(AddressRefused("x")) == "Invalid address"
    assert alerts.title(AddressNotAllowed("x")) == "Address not allowed"


def test_a_servers_message_is_escaped():
    assert "![x]" not in shown(ServerFault("![x](https://evil.example/a.png)"))


def test_a_very_long_message_is_clipped():
    """A server may send a whole page as its error."""
    assert len(shown(ServerFault("x" * 100_000))) < 2000


def test_other_exceptions_are_not_caught():
    with pytest.raises(ZeroDivisionError), alerts.show_errors():
        raise ZeroDivisionError


def test_an_unexpected_exception_shows_a_reference_and_no_text(caplog):

    def script():
        from pages._ui.widgets import alerts

        try:
            raise RuntimeError("sk-secret")
        except RuntimeError as error:
            alerts.show_internal_error(error)

    text = AppTest.from_function(script).run().error[0].value
    logged = caplog.records[-1].getMessage()
    assert "sk-secret" not in text + logged
    assert "RuntimeError" in logged
    assert logged.split()[1].rstrip(":") in text
