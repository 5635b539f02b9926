"""The viewers of outputs: charts, statistics, pages, galleries, search, comparison."""

import base64
import json

import pytest
from streamlit.testing.v1 import AppTest

from lfclient.outputs.model import Output, OutputKind
from pages._ui.outputs import chart_data, gallery, image, output_pair, table
from tests.ui.outputs.test_view import DOT, drawn, output, texts


def uri(number=0):
    """The address of an image; another for each number."""
    return "data:image/png;base64," + base64.b64encode(DOT + bytes(number)).decode()


URI = uri()
ROWS = [{"city": f"City {i}", "day": f"2026-01-{i + 1:02d}", "n": i} for i in range(28)]
KEY = "run-1-Comp-1"


def opened(app, part, tab):
    """The page once a tab was pressed."""
    app.session_state[f"view-{part}-{KEY}"] = tab
    app.run()
    return app


# tables


def test_a_table_has_chart_and_columns_beside_its_rows():
    """Neither is worked out before it is opened."""
    app = drawn(output(OutputKind.TABLE, ROWS))
    assert [tab.label for tab in app.tabs] == ["Rows", "Chart", "Columns"]
    assert len(app.dataframe) == 1
    assert not app.selectbox


def test_a_chart_is_guessed_and_can_be_changed():
    """A time makes a line; kind, axis and columns are the person's to change."""
    app = opened(drawn(output(OutputKind.TABLE, ROWS)), "table", "Chart")
    assert [box.value for box in app.selectbox] == [chart_data.LINE, "day"]
    assert app.multiselect[0].value == ["n"]
    app.selectbox[0].select(chart_data.BAR).run()
    app.selectbox[1].select("city").run()
    assert app.multiselect[0].options == ["n", chart_data.ROW_COUNT]
    app.selectbox[0].select(chart_data.HISTOGRAM).run()
    assert app.selectbox[1].options == ["n"]


def test_a_chart_draws_what_was_chosen_last():
    """The number of rows gives way to a column, and the other way round; columns stand together."""
    rows = [{"city": f"c{i % 3}", "n": i, "m": i} for i in range(60)]
    app = opened(drawn(output(OutputKind.TABLE, rows)), "table", "Chart")
    app.multiselect[0].set_value([chart_data.ROW_COUNT]).run()
    app.multiselect[0].set_value([chart_data.ROW_COUNT, "n"]).run()
    assert app.multiselect[0].value == ["n"]
    app.multiselect[0].set_value(["n", "m"]).run()
    assert app.multiselect[0].value == ["n", "m"]
    app.multiselect[0].set_value(["n", "m", chart_data.ROW_COUNT]).run()
    assert app.multiselect[0].value == [chart_data.ROW_COUNT]


def test_a_chart_needs_something_to_draw():
    """No column left, or none with values."""
    app = opened(drawn(output(OutputKind.TABLE, ROWS)), "table", "Chart")
    app.multiselect[0].unselect("n").run()
    assert "Choose at least one column" in texts(app)
    app = opened(drawn(output(OutputKind.TABLE, [{"a": None}])), "table", "Chart")
    assert "No column has values" in texts(app)


def test_a_chart_says_what_it_leaves_out():
    """Points are capped."""
    rows = [{"a": i, "b": i} for i in range(6000)]
    app = opened(drawn(output(OutputKind.TABLE, rows)), "table", "Chart")
    assert "5,000 of 6,000 rows" in texts(app)


@pytest.mark.parametrize(
    ("hours", "told"),
    [(("T09:00", "T21:00"), chart_data.TIME_FORMAT), (("", ""), chart_data.DAY_FORMAT)],
)
def test_times_of_a_chart_are_told_by_a_clock_of_24_hours(hours, told):
    """Those of days without an hour, as elsewhere."""
    rows = [{"when": f"2026-01-0{1 + i}{hour}", "n": i} for i, hour in enumerate(hours)]
    app = opened(drawn(output(OutputKind.TABLE, rows)), "table", "Chart")
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    assert spec["encoding"]["x"]["axis"]["format"] == chart_data.TIME_AXIS_FORMAT
    assert spec["encoding"]["tooltip"][0]["format"] == told


@pytest.mark.parametrize("name", ["a.b[0]", "c:Q", "", "x'y\"z", "$5"])
def test_a_chart_takes_any_column_name(name):
    """Vega would read dots, brackets and colons in them."""
    app = drawn(output(OutputKind.TABLE, [{name: 1, "other": 2}, {name: 3, "other": 4}]))
    opened(app, "table", "Chart")


def test_columns_have_their_statistics():
    """One row a column."""
    app = opened(drawn(output(OutputKind.TABLE, ROWS)), "table", "Columns")
    assert list(app.dataframe[0].value["Type"]) == ["text", "time", "number"]


def test_a_very_large_table_has_pages(monkeypatch):
    """The rows that are sent are those of a page; the downloads have all."""
    monkeypatch.setattr(table, "MAX_PAGE_ROWS", 10)
    app = drawn(output(OutputKind.TABLE, ROWS))
    assert list(app.dataframe[0].value["n"]) == list(range(10))
    assert "Rows 1 to 10 of 28" in texts(app)
    app = opened(app, "page", 3)
    assert list(app.dataframe[0].value["n"]) == list(range(20, 28))
    assert "28 rows × 3 columns" in texts(app)


def test_a_very_long_cell_is_cut_on_the_screen():
    """And it says so."""
    app = drawn(output(OutputKind.TABLE, [{"a": "x" * 50_000}]))
    assert len(app.dataframe[0].value["a"][0]) == table.MAX_CELL_LENGTH
    assert "Cells are cut" in texts(app)


def test_rows_with_large_images_have_pages(monkeypatch):
    """Only what is drawn is counted: a cell that is cut takes no room."""
    monkeypatch.setattr(table, "MAX_PAGE_BYTES", 20_000)
    rows = [{"photo": URI + "A" * 12_000, "text": "x" * 50_000} for _ in range(3)]
    app = drawn(output(OutputKind.TABLE, rows))
    assert len(app.dataframe[0].value) == 1
    app = drawn(output(OutputKind.TABLE, [{"text": "x" * 50_000} for _ in range(3)]))
    assert len(app.dataframe[0].value) == 3


# images


def test_several_images_are_a_gallery():
    """A list of images is shown as images first, each with zoom and download."""
    app = drawn(output(OutputKind.DATA, [uri(0), uri(1)]))
    assert [tab.label for tab in app.tabs] == ["Images", "Data"]
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]
    assert "image 1" in texts(app)
    assert "image 2" in texts(app)


def test_a_list_under_the_servers_word_image_is_a_gallery():
    """Whatever its items are."""
    value = [{"name": "a", "data": uri(0)}, {"name": "b", "data": uri(1)}]
    app = drawn(output(OutputKind.UNKNOWN, value, type="image"))
    assert [tab.label for tab in app.tabs] == ["Images", "Unknown"]


def test_images_of_a_message_can_be_saved():
    """Those inside its text stand under Images."""
    app = drawn(output(OutputKind.MESSAGE, f"two: ![one]({uri(0)}) and ![]({uri(1)})"))
    assert [tab.label for tab in app.tabs] == ["Message", "Images"]
    app = opened(app, "readings", "Images")
    assert "one" in texts(app)


def test_images_in_cells_are_a_gallery_and_seen_in_their_rows():
    """The rows come first, with small images in them."""
    app = drawn(output(OutputKind.TABLE, [{"name": "a", "photo": URI}]))
    assert [tab.label for tab in app.tabs] == ["Table", "Rows", "Chart", "Columns", "Images"]
    assert '"type": "image"' in app.dataframe[0].proto.columns


def test_a_column_with_one_address_is_not_drawn_as_images():
    """The browser would ask for what stands in it."""
    rows = [{"photo": URI}, {"photo": "https://p.example/cat.png"}, {"photo": None}]
    app = drawn(output(OutputKind.TABLE, rows))
    assert '"type": "image"' not in app.dataframe[0].proto.columns


def test_a_remote_image_in_a_cell_is_loaded_on_request_only():
    """A button names its host."""
    app = drawn(output(OutputKind.TABLE, [{"photo": "https://p.example/cat.png"}]))
    app = opened(app, "readings", "Images")
    assert [button.label for button in app.button] == ["Load from p\\.example"]


def test_remote_images_are_zoomed_and_saved_once_they_are_loaded(monkeypatch):
    """Two of one message, and those of a table's cells."""
    monkeypatch.setattr(image, "load_image", lambda address: DOT)
    app = drawn(output(OutputKind.MESSAGE, "![](http://a.example/x) ![](http://a.example/y)"))
    app.button[0].click().run()
    app.button[0].click().run()
    assert not app.button
    rows = [{"photo": f"https://p.example/{n}.png"} for n in range(2)]
    app = opened(drawn(output(OutputKind.TABLE, rows)), "readings", "Images")
    app.button[0].click().run()
    app.run()
    assert [button.label for button in app.button] == ["Zoom", "Load from p\\.example"]


def test_images_of_several_outputs_of_a_component_are_one_gallery():
    """Beside the outputs themselves."""
    parts = {f"part {n}": output(OutputKind.IMAGE, uri(n)) for n in (1, 2)}
    app = drawn(output(OutputKind.IMAGE, URI, parts=parts))
    assert [tab.label for tab in app.tabs] == ["Part 1", "Part 2", "All images"]
    app = opened(app, "parts", "All images")
    assert [button.label for button in app.button] == ["Zoom", "Zoom"]


def test_many_images_have_pages():
    """A page has as many as a browser bears."""
    app = drawn(output(OutputKind.DATA, [uri(n) for n in range(30)]))
    assert len(app.button) == gallery.PER_PAGE
    assert "30 images" in texts(app)


def test_the_zoomed_view_is_a_dialog():
    """Opened by a button, so from the keyboard too."""
    app = drawn(output(OutputKind.DATA, [uri(0), uri(1)]))
    app.button[0].click().run()
    assert "1 of 2" in texts(app)


def test_a_small_image_is_hardly_enlarged():
    """Four times at most; a drawing and what is damaged have the room that there is."""
    assert image.zoom_width(DOT) == 4
    assert image.zoom_width(b"<svg></svg>") == image.zoom_width(DOT[:30]) == "stretch"


def test_a_message_with_large_images_is_still_markdown():
    """Its text is short; the images are under Images."""
    app = drawn(output(OutputKind.MESSAGE, f"# Hi\n![cat]({URI}{'A' * 60_000})"))
    assert any(element.value == "# Hi  \n*image “cat”*" for element in app.markdown)


@pytest.mark.parametrize(
    "value", [b"\x89PNG broken", "data:image/svg+xml,<svg/>", "data:image/png;base64,AAA", None, 5]
)
def test_odd_images_are_no_crash(value):
    """Broken, tiny, none."""
    drawn(output(OutputKind.IMAGE, value))


# structured values


def test_data_is_searched_and_paths_can_be_copied():
    """Each hit has its path as code, which has a button to copy it."""
    app = drawn(output(OutputKind.DATA, {"items": [{"price": 4.5}], "odd key": "*bold*"}))
    app.text_input[0].set_value("price").run()
    assert app.code[0].value == "items[0].price"
    assert "1 place found" in texts(app)
    app.text_input[0].set_value("bold").run()
    assert app.code[0].value == '["odd key"]'
    assert "\\*bold\\*" in texts(app)
    app.text_input[0].set_value("nowhere").run()
    assert "Nothing found" in texts(app)


def test_large_data_can_be_searched_too():
    """It is shown in part."""
    app = drawn(output(OutputKind.DATA, {"a": "x" * 6_000_000, "needle": 1}))
    assert len(app.code[0].value) == 500_000
    app.text_input[0].set_value("needle").run()
    assert app.code[0].value == "needle"


def test_very_deep_data_is_no_crash():
    """As deep as JSON can be read."""
    value = json.loads('{"a":[' * 400 + "1" + "]}" * 400)
    drawn(output(OutputKind.DATA, value))
    drawn(output(OutputKind.TABLE, [{"a": value}]))


def test_a_value_that_changes_is_drawn_as_it_is_now():
    """A component of a live run may return again."""

    def page():
        import streamlit as st

        from lfclient.outputs.model import Output, OutputKind
        from pages._ui.outputs import view as outputs_view

        rows = [{"n": i} for i in range(st.number_input("rows", 1, 9))]
        one = Output("C-1", OutputKind.TABLE, rows)
        outputs_view.draw_output(one, "run-1", "live", lambda ref: b"")

    app = AppTest.from_function(page).run()
    app.number_input[0].set_value(3).run()
    assert len(app.dataframe[0].value) == 3


# two outputs


def compared(first, second):
    pair = [Output("A-1", *first, display_name="One"), Output("B-2", *second, display_name="Two")]
    app = drawn(*pair)
    app.session_state["compare-run-1"] = True
    app.run()
    return app


def test_two_outputs_stand_side_by_side():
    """Once the panel is opened; each as what it is."""
    pair = (OutputKind.MESSAGE, "hello"), (OutputKind.TABLE, [{"a": 1}])
    assert len(drawn(Output("A-1", *pair[0]), Output("B-2", *pair[1])).dataframe) == 1
    app = compared(*pair)
    assert [box.value for box in app.selectbox] == ["One", "Two"]
    assert len(app.dataframe) == 2


def test_one_output_has_nothing_to_be_compared_with():
    """No panel."""
    assert not drawn(output(OutputKind.MESSAGE, "a")).expander


def test_the_differences_of_two_texts_are_marked():
    """Word by word or line by line, as where runs are compared."""
    app = compared((OutputKind.MESSAGE, "a\nb c"), (OutputKind.MESSAGE, "a\nb d"))
    app.segmented_control[0].set_value(output_pair.DIFFERENCES).run()
    assert ":red-background[− c]" in texts(app)
    app.segmented_control[1].set_value("Lines").run()
    assert "- b c\n+ b d" in app.code[-1].value


def test_tables_and_data_are_compared_too():
    """Rows with rows, paths with paths."""
    rows = [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
    app = compared((OutputKind.TABLE, rows), (OutputKind.TABLE, rows[:1]))
    app.segmented_control[-1].set_value(output_pair.DIFFERENCES).run()
    assert "− 1 row removed" in texts(app)
    app = compared((OutputKind.DATA, {"a": 1}), (OutputKind.DATA, {"a": 2}))
    app.segmented_control[-1].set_value(output_pair.DIFFERENCES).run()
    assert app.dataframe[0].value.to_dict("records") == [
        {"±": "≠ changed", "Path": "a", "First": "1", "Second": "2"}
    ]


def test_equal_texts_are_said_to_be_equal():
    """And not shown as an empty list of differences."""
    app = compared((OutputKind.MESSAGE, "a"), (OutputKind.MESSAGE, "a"))
    app.segmented_control[0].set_value(output_pair.DIFFERENCES).run()
    assert "The same text" in texts(app)


def test_outputs_and_their_parts_have_names_of_their_own():
    """Components may be called alike."""
    parts = {"x": output(OutputKind.MESSAGE, "1"), "y": output(OutputKind.MESSAGE, "2")}
    many = {
        "a": output(OutputKind.MESSAGE, "", parts=parts),
        "b": Output("B-1", OutputKind.MESSAGE, "", display_name="Same"),
        "c": Output("C-1", OutputKind.MESSAGE, "", display_name="Same"),
    }
    assert list(output_pair.label_outputs(many)) == [
        "Component · X",
        "Component · Y",
        "Same",
        "Same (C-1)",
    ]


# the page as a whole


def test_an_open_page_lets_go_of_the_run():
    """A card that is drawn again asks for it."""

    def page():
        import streamlit as st

        from lfclient.outputs.model import Output, OutputKind
        from lfclient.runs.model import Run, RunStatus
        from pages._ui.outputs.view import RunSource, draw

        one = Output("C-1", OutputKind.MESSAGE, "hello")
        run = Run("f", "sync", RunStatus.COMPLETED, outputs={"C-1": one})
        asked = st.session_state.setdefault("asked", [])

        def reload():
            asked.append(1)

        draw(run, "run-1", lambda ref: b"", reload)
        source = RunSource(run, reload)
        source.release()
        assert source.run() is None

    app = AppTest.from_function(page).run()
    assert any(element.value == "hello" for element in app.markdown)
    assert app.session_state["asked"] == [1]


@pytest.mark.parametrize(
    "value",
    [None, 0, "", [], {}, [None], [{}], [[], {"a": {}}, 1, "x"], {"": "\ud800"}, [{"a": "\ud800"}]],
    ids=repr,
)
def test_any_value_of_any_kind_is_drawn(value):
    """Nothing, nested, mixed, and half a character."""
    drawn(*(Output(f"{kind.value}-1", kind, value) for kind in OutputKind))
