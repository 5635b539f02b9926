"""What the tests of the chat page share: the page, how to talk on it, and how to look."""

from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from tests.ui.support.whole_pages import ONE, opened

PAGE = "pages/chat.py"


def chat(**address):
    return opened(PAGE, **address)


def send(app, text):
    app.chat_input[0].set_value(text).run()
    for _ in range(5):  # a run that has ended has the page drawn again
        if "Answer details" in links(app) or "Send again" in labels(app):
            break
        app.run()
    return app


def labels(app):
    """What the buttons say, without the times of the sessions."""
    return [button.label.partition(" :gray[")[0] for button in app.button]


def press(app, label):
    app.button[labels(app).index(label)].click().run()


def links(app):
    return " ".join(link.proto.label for link in app.get("page_link"))


def talk(app):
    """Who says what, as it is drawn."""
    return [
        (message.name, " ".join(part.value for part in [*message.text, *message.markdown]))
        for message in app.chat_message
    ]


def open_parameters(app):
    owner = app.selectbox[0].key[-12:]
    app.session_state[chat_state.chat_key("parameters", owner, ONE)] = True
    app.run()


def in_address(app):
    found = app.query_params.get(query_params.SESSION)  # a list where the page has set it
    return found[0] if isinstance(found, list) else found
