"""Drafts are bounded, and each browser's own."""

from pages._ui.drafts import Drafts


def test_gives_back_a_copy():
    """What a session does to it changes nothing here."""
    drafts = Drafts()
    drafts.put(("b", "o", "f"), {"values": {"x": [1]}})
    drafts.get(("b", "o", "f"))["values"]["x"].append(2)
    assert drafts.get(("b", "o", "f")) == {"values": {"x": [1]}}
    assert drafts.get(("c", "o", "f")) is None


def test_the_one_not_touched_for_longest_goes_first():
    """The number is bounded."""
    drafts = Drafts(most=2)
    for name in "ab":
        drafts.put((name, "o", "f"), {"values": name})
    drafts.get(("a", "o", "f"))
    drafts.put(("c", "o", "f"), {"values": "c"})
    assert drafts.get(("b", "o", "f")) is None
    assert drafts.get(("a", "o", "f")) == {"values": "a"}


def test_empty_and_very_large_ones_are_not_kept():
    """Neither fills the process's memory."""
    drafts = Drafts(largest=20)
    key = ("b", "o", "f")
    drafts.put(key, {"values": "x"})
    drafts.put(key, {"values": {}})
    assert drafts.get(key) is None
    drafts.put(key, {"values": "x" * 50})
    assert drafts.get(key) is None
