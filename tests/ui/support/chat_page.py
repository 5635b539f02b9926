"""The Chat page under AppTest: opens it, sends messages and reads it."""

from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from tests.support.waiting import wait_for
from tests.ui.support.whole_pages import ONE, open_app

PAGE = "pages/chat.py"


def open_chat(**address):
    return open_app(PAGE, **address)


def send(app, text):
    """Send a message and wait for the end of its run."""
    ended = ended_runs(app)
    app.chat_input[0].set_value(text).run()
    return wait_for_end(app, ended)


def wait_for_end(app, ended=frozenset()):
    """Wait until a run other than the `ended` ones has ended, and return the page."""

    def has_ended():
        return ended_runs(app) - ended

    wait_for(lambda: has_ended() or (app.run() and has_ended()))
    return app


def ended_runs(app):
    """Return the queries of the links to ended runs."""
    found = (link.proto for link in app.get("page_link"))
    return {link.query_string for link in found if "Answer details" in link.label}


def button_labels(app):
    """Return the labels of the buttons, without the times of sessions."""
    return [button.label.partition(" :gray[")[0] for button in app.button]


def press(app, label):
    app.button[button_labels(app).index(label)].click().run()


def links(app):
    return " ".join(link.proto.label for link in app.get("page_link"))


def conversation(app):
    """Return the sender and text of each message on the page."""
    return [
        (message.name, " ".join(part.value for part in [*message.text, *message.markdown]))
        for message in app.chat_message
    ]


def open_parameters(app):
    owner = app.selectbox[0].key[-12:]
    app.session_state[chat_state.chat_key("parameters", owner, ONE)] = True
    app.run()


def session_in_url(app):
    found = app.query_params.get(query_params.SESSION)  # a list if the page has set it
    return found[0] if isinstance(found, list) else found
