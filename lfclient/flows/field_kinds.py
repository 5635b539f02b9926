"""The registry of field kinds.

To add one, add a member to `FieldKind`, a handler to `scalar_values` or `structured_values`, its
input types to `field_extraction`, and a widget to the form.
"""

from __future__ import annotations

from lfclient.flows import scalar_values, structured_values
from lfclient.flows.field import FieldKind
from lfclient.flows.kind_handler import KindHandler

KIND_HANDLERS: dict[FieldKind, KindHandler] = {
    **scalar_values.HANDLERS,
    **structured_values.HANDLERS,
}
