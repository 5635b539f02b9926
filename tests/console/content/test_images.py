"""Images are found anywhere in an output."""

from lfclient.console.content.images import MAX_IMAGES, FoundImage, find_images
from lfclient.outputs.model import Output, OutputKind

ONE = "data:image/png;base64,iVBORw0KGgoAAAA="
TWO = "data:image/gif;base64,R0lGODlhAQAB"


def found(value, kind=OutputKind.DATA, **more):
    return find_images(Output("C-1", kind, value, **more))


def test_finds_each_image_in_a_message_once():
    text = f"![cat]({ONE}) text ![]({TWO}) and again {ONE}"
    assert found(text, OutputKind.MESSAGE) == [FoundImage("cat", ONE), FoundImage("", TWO)]


def test_images_in_lists_objects_and_rows_are_named_by_their_path():
    assert found([ONE, TWO]) == [FoundImage("[0]", ONE), FoundImage("[1]", TWO)]
    assert found({"a": {"b": [ONE]}}) == [FoundImage("a.b[0]", ONE)]
    rows = [{"name": "x", "photo": ONE}, {"name": "y", "photo": TWO}]
    assert found(rows, OutputKind.TABLE)[1] == FoundImage("[1].photo", TWO)


def test_finds_urls_of_image_files_and_ignores_others():
    rows = [{"a": "https://x.example/cat.PNG?w=1", "b": "https://x.example/page"}]
    assert found(rows, OutputKind.TABLE) == [FoundImage("[0].a", rows[0]["a"])]


def test_recognises_bare_base64_of_png_and_jpeg():
    text = "iVBORw0KGgo" + "A" * 60
    assert found({"image": text}) == [FoundImage("image", f"data:image/png;base64,{text}")]


def test_finds_images_in_image_outputs_and_extras():
    assert found(b"\x89PNG", OutputKind.IMAGE) == [FoundImage("", b"\x89PNG")]
    extra = Output("C-1", OutputKind.IMAGE, "http://x.example/a")
    assert found("![](http://x.example/a)", OutputKind.MESSAGE, extras=(extra,)) == [
        FoundImage("", "http://x.example/a")
    ]


def test_plain_values_contain_no_images():
    for value in ("text", 5, None, [], {}, [None, {"a": 1.5}]):
        assert found(value) == []


def test_the_number_of_images_is_limited():
    assert len(found([f"{ONE}{i}" for i in range(MAX_IMAGES + 9)])) == MAX_IMAGES
