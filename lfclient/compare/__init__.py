"""What differs between runs: inputs, texts, tables, structured data, and which outputs belong
together. Pure, and bounded in time: each result says what was compared.
"""

from lfclient.compare.inputs import ParameterRow, parameter_rows
from lfclient.compare.outputs import OutputRow, Sameness, output_rows, same_output
from lfclient.compare.texts import Mark, Piece, TextDiff, compare_texts, compare_words
from lfclient.compare.trees import Change, TreeDiff, compare_trees

__all__ = [
    "Change",
    "Mark",
    "OutputRow",
    "ParameterRow",
    "Piece",
    "Sameness",
    "TextDiff",
    "TreeDiff",
    "compare_texts",
    "compare_trees",
    "compare_words",
    "output_rows",
    "parameter_rows",
    "same_output",
]
