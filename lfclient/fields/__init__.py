"""Which parameters of a flow a run may override, and how their values are checked and sent."""

from lfclient.fields.checks import (
    MASK,
    REQUIRED,
    Mask,
    check,
    check_overrides,
    is_changed,
    is_secret,
    mask,
    raise_errors,
    secret_texts,
    write_text,
)
from lfclient.fields.model import Field, FieldKind, Problem, Range, Variable, pack, unpack
from lfclient.fields.template import fields_of
from lfclient.fields.wire import encode, targets

__all__ = [
    "MASK",
    "REQUIRED",
    "Field",
    "FieldKind",
    "Mask",
    "Problem",
    "Range",
    "Variable",
    "check",
    "check_overrides",
    "encode",
    "fields_of",
    "is_changed",
    "is_secret",
    "mask",
    "pack",
    "raise_errors",
    "secret_texts",
    "targets",
    "unpack",
    "write_text",
]
