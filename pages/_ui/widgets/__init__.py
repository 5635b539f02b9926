"""Parts that many pages share: Markdown, alerts, downloads, diffs, badges."""
