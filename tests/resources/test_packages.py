"""The packages that flows may need."""

import pytest

from lfclient.resources.packages import PACKAGES, imported_packages, package_for


def test_packages_are_found_by_the_module_or_distribution_that_is_missing():
    assert package_for("apify_client.errors") is PACKAGES[0]
    assert package_for("astrapy").name == "lfx-datastax"
    assert package_for("Google_API-Python.Client").modules == ("googleapiclient",)
    assert package_for("yfinance; import os") is None


METHOD = """
class Model(Component):
    def build_model(self):
        {}

    def _load(self):
        import yfinance
"""
TRY = METHOD.format(
    "try:\n            from langchain_groq import A\n        except ImportError:\n            {}"
)
HELPER = METHOD.format("return None\n\n    def load(self):\n        self._load()")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import yfinance\nfrom langchain_groq import ChatGroq", ["langchain-groq", "yfinance"]),
        ("from markdown import markdown", ["markdown"]),
        ("from langchain_chroma import Chroma", []),
        (METHOD.format("return None"), []),
        (METHOD.format("return self._load()"), ["yfinance"]),
        (METHOD.format("if self.live:\n            return self._load()"), []),
        (TRY.format("raise E"), ["langchain-groq"]),
        (TRY.format("return self.text"), []),
        (METHOD.format("with suppress(ImportError):\n            return self._load()"), []),
        (METHOD.format("with open():\n            return self._load()"), ["yfinance"]),
        (METHOD.format("if self.live: return\n        return self._load()"), []),
        (METHOD.format("if self.a: return self.a\n        return self._load()"), ["yfinance"]),
        (METHOD.format("return self._load() if self.live else None"), []),
        (HELPER.replace("):", "):\n    outputs = [Output(method='build_model')]", 1), []),
        (HELPER, ["yfinance"]),
        ("try:\n    import yfinance\nexcept ImportError:\n    yfinance = None", []),
        ('TEXT = """\nimport yfinance\n"""', []),
        (METHOD.format("from langchain_groq import"), []),  # no Python
        ("from langchain_community.vectorstores import FAISS", ["faiss-cpu"]),
        ("from langchain_community.tools import DuckDuckGoSearchRun", ["ddgs"]),
        ("from langchain_community.tools import Other", []),
    ],
)
def test_packages_are_found_that_a_run_always_imports(code, names):
    assert [package.name for package in imported_packages(code)] == names
