"""The dialog that adds flows, without the page that opens it."""

from streamlit.testing.v1 import AppTest

from pages._ui.state.flow_choice import ADDING, Addition


def draw_dialog(tab="Templates"):
    """Draw the dialog for the configured server, open at a tab."""

    def page():
        from pages._ui.connection import servers
        from pages._ui.flows import add_dialog

        add_dialog.draw(servers.current())

    app = AppTest.from_function(page)
    app.session_state[ADDING.key] = Addition()
    app.session_state["add-flow-tabs"] = tab
    return app.run()
