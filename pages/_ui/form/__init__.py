"""The form of a flow: fields, widgets, files, JSON editor, prefill."""
