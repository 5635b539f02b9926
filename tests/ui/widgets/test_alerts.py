"""Errors are shown with a next step and never with a secret."""

import inspect

import pytest
from streamlit.testing.v1 import AppTest

from lfclient import errors
from lfclient.errors import AddressNotAllowed, AddressRefused, LangflowError
from pages._ui.widgets import alerts

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, LangflowError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_class_has_a_heading(kind):
    assert kind in alerts.TITLES


def run_script(script):
    return AppTest.from_function(script).run()


def test_an_error_shows_heading_message_and_hint():

    def script():
        from lfclient.errors import InvalidKey
        from pages._ui.widgets import alerts

        with alerts.show_errors():
            raise InvalidKey("The server refused the key.")

    text = run_script(script).error[0].value
    assert text.index("not accepted") < text.index("refused the key") < text.index("Create an API")


def test_an_error_without_a_kind_has_no_heading():

    def script():
        from lfclient.errors import LangflowError
        from pages._ui.widgets import alerts

        alerts.show(LangflowError("The files could not be added.", hint="Try again."))

    text = run_script(script).error[0].value.replace("\\", "")
    assert text == "The files could not be added.\n\n:material/arrow_forward: Try again."


def test_an_address_is_called_invalid_only_if_it_could_never_be_used():
    assert alerts.title(AddressRefused("x")) == "Invalid address"
    assert alerts.title(AddressNotAllowed("x")) == "Address not allowed"


def test_a_servers_message_is_escaped():

    def script():
        from lfclient.errors import ServerFault
        from pages._ui.widgets import alerts

        alerts.show(ServerFault("![x](https://evil.example/a.png)"))

    assert "![x]" not in run_script(script).error[0].value


def test_a_very_long_message_is_clipped():
    """A server may send a whole page as its error."""

    def script():
        from lfclient.errors import ServerFault
        from pages._ui.widgets import alerts

        alerts.show(ServerFault("x" * 100_000))

    assert len(run_script(script).error[0].value) < 2000


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

    text = run_script(script).error[0].value
    logged = caplog.records[-1].getMessage()
    assert "sk-secret" not in text + logged
    assert "RuntimeError" in logged
    assert logged.split()[1].rstrip(":") in text
