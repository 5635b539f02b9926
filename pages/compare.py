"""Compare two to four runs: what they were given, what they returned, how long they took."""

from pages._ui import comparing, connect, problems

with problems.shown():
    session = connect.session()
    if session:
        connect.notice()
        comparing.draw(session)
