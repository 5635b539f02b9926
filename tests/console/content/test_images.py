"""Images are found wherever they stand in an output."""

from lfclient.console.content.images import MAX_IMAGES, FoundImage, find_images
from lfclient.outputs.model import Output, OutputKind

ONE = "data:image/png;base64,iVBORw0KGgoAAAA="
TWO = "data:image/gif;base64,R0lGODlhAQAB"


def found(value, kind=OutputKind.DATA, **more):
    return find_images(Output("C-1", kind, value, **more))


def test_finds_several_in_a_message():
    """Those with a name and those without; each once."""
    text = f"![cat]({ONE}) text ![]({TWO}) and again {ONE}"
    assert found(text, OutputKind.MESSAGE) == [FoundImage("cat", ONE), FoundImage("", TWO)]


def test_finds_them_in_lists_objects_and_rows():
    """Named by their place."""
    assert found([ONE, TWO]) == [FoundImage("[0]", ONE), FoundImage("[1]", TWO)]
    assert found({"a": {"b": [ONE]}}) == [FoundImage("a.b[0]", ONE)]
    rows = [{"name": "x", "photo": ONE}, {"name": "y", "photo": TWO}]
    assert found(rows, OutputKind.TABLE)[1] == FoundImage("[1].photo", TWO)


def test_finds_addresses_of_image_files_in_cells():
    """To be loaded on request; other addresses are none."""
    rows = [{"a": "https://x.example/cat.PNG?w=1", "b": "https://x.example/page"}]
    assert found(rows, OutputKind.TABLE) == [FoundImage("[0].a", rows[0]["a"])]


def test_knows_bare_base64():
    """Of PNG and JPEG, by how it begins."""
    text = "iVBORw0KGgo" + "A" * 60
    assert found({"image": text}) == [FoundImage("image", f"data:image/png;base64,{text}")]


def test_takes_an_image_and_other_readings():
    """Bytes, and the images that a message is read as."""
    assert found(b"\x89PNG", OutputKind.IMAGE) == [FoundImage("", b"\x89PNG")]
    extra = Output("C-1", OutputKind.IMAGE, "http://x.example/a")
    assert found("![](http://x.example/a)", OutputKind.MESSAGE, extras=(extra,)) == [
        FoundImage("", "http://x.example/a")
    ]


def test_plain_values_have_none():
    """Text, numbers, nothing."""
    for value in ("text", 5, None, [], {}, [None, {"a": 1.5}]):
        assert found(value) == []


def test_stops_at_a_number_that_a_page_bears():
    """The rest is in the download."""
    assert len(found([f"{ONE}{i}" for i in range(MAX_IMAGES + 9)])) == MAX_IMAGES
