"""What Langflow's starter projects need in each release, and how they end on a machine alone.

Each completes in synchronous and in background mode, unless it names a reason.
"""

from __future__ import annotations

import re

VERSIONS = ("1.8.4", "1.10.3", "1.11.6", "1.12.8", "1.13.0")
# how a reason is put in the documentation, and what the runs say
REASONS = {
    "internet": ("fails without the internet", r"Error loading documents|Request error"),
    "mcp": ("fails without its MCP server", r"Connection refused|No embedding class"),
    "yfinance": ("fails without the package yfinance", r"No module named 'yfinance'"),
    "opendsstar": ("fails without the package OpenDsStar", r"No module named 'OpenDsStar'"),
    "knowledge": ("can't add files to a knowledge base", r"couldn't add its files"),
    "vendor": ("asks for a vendor's key", r"(Key|Token) of .{1,80} (is empty|has no variable)"),
}
# by release: what Setup asks for, and the reason
PROJECTS: dict[str, tuple[str | None, ...]] = {
    "Basic Prompt Chaining": ("model", "model", None, None, None),
    "Basic Prompting": ("model", "model", "model", "model", "model"),
    "Blog Writer": ("model: internet", "model: internet", "model", "model", "model"),
    "Content Aggregator": (None, None, "model", "model", "model"),
    "Custom Component Generator": (
        "model: internet",
        "model: internet",
        "model memory_base",
        "model memory_base",
        "model memory_base",
    ),
    "Deep Research Agent": (None, None, "model", "model", "model"),
    "Document Q&A": (
        "model file",
        "model file",
        "model knowledge_base",
        "model knowledge_base",
        "model knowledge_base",
    ),
    "Financial Report Parser": ("model", "model", "model file", "model file", "model file"),
    "Hybrid Search RAG": (
        "model variable value: vendor",
        "model value: vendor",
        "model value: vendor",
        "model value: vendor",
        "model value: vendor",
    ),
    "Image Sentiment Analysis": ("model", "model", "model", "model", "model"),
    "Instagram Copywriter": ("model", "model", "model", "model", "model"),
    "Invoice Summarizer": ("model", "model", None, None, None),
    "Knowledge Retrieval": (
        "knowledge_base: knowledge",
        "knowledge_base",
        "knowledge_base",
        "knowledge_base",
        "knowledge_base",
    ),
    "Market Research": ("model", "model", "model", "model", "model"),
    "Meeting Summary": (
        "model",
        "model",
        "model value memory_base: vendor",
        "model value memory_base: vendor",
        "model value memory_base: vendor",
    ),
    "Memory Chatbot": (
        "model",
        "model",
        "model memory_base",
        "model memory_base",
        "model memory_base",
    ),
    "Multi Agent Flow": (None, None, "model", "model", "model"),
    "News Aggregator": ("model", "model", None, None, None),
    "Nvidia Remix": ("model: mcp", "model: mcp", None, None, None),
    "Pokédex Agent": ("model", "model", None, None, None),
    "Portfolio Website Code Generator": (
        "model file",
        "model file",
        "model file",
        "model file",
        "model file",
    ),
    "Price Deal Finder": (
        "model",
        "model",
        "model memory_base",
        "model memory_base",
        "model memory_base",
    ),
    "Research Agent": ("model", "model", None, None, None),
    "Research Translation Loop": ("model: internet",) * 5,
    "SEO Keyword Generator": ("model", "model", "model", "model", "model"),
    "SaaS Pricing": ("model", "model", "model", "model", "model"),
    "Search agent": ("model", "model", None, None, None),
    "Sequential Tasks Agents": ("model: yfinance", "model: yfinance", "model", "model", "model"),
    "Simple Agent": ("model", "model", "model", "model", "model"),
    "Social Media Agent": ("model value: vendor", "model value: vendor", "model", "model", "model"),
    "Structured Data Analysis Agent": (
        None,
        "file value: opendsstar",
        "file value: opendsstar",
        None,
        None,
    ),
    "Text Sentiment Analysis": (
        "model file",
        "model file",
        "model file",
        "model file",
        "model file",
    ),
    "Travel Planning Agents": ("model", "model", "model", "model", "model"),
    "Twitter Thread Generator": ("model", "model", "model", "model", "model"),
    "Vector Store RAG": (
        "model value: vendor",
        "model knowledge_base",
        "model knowledge_base",
        "model knowledge_base",
        "model knowledge_base",
    ),
    "Youtube Analysis": (
        "model value: vendor",
        "model value: vendor",
        "model value: vendor",
        None,
        None,
    ),
}


def expected(version: str) -> dict[str, tuple[str, str]]:
    """Return what each project of a release needs, and its reason or ""."""
    column = VERSIONS.index(version)
    cells = {name: row[column] for name, row in PROJECTS.items()}
    parts = {name: cell.partition(": ") for name, cell in cells.items() if cell}
    return {name: (needs, reason) for name, (needs, _, reason) in parts.items()}


def reason_of(ends: list[str]) -> str:
    """Return why a project did not complete in both modes, "" if it did, or what its runs say."""
    said = " ".join(end for end in ends if end != "completed")
    matches = (reason for reason, (_, pattern) in REASONS.items() if re.search(pattern, said))
    return next(matches, said)


def markdown() -> str:
    """Return the table of the documentation."""
    lines = [f"| | {' | '.join(VERSIONS)} |", f"|---{'|---' * len(VERSIONS)}|"]
    for name, row in PROJECTS.items():
        lines.append(f"| {name} | {' | '.join(map(_words, row))} |")
    counts = [[reason for _, reason in expected(version).values()] for version in VERSIONS]
    totals = (f"**{each.count('')} of {len(each)}**" for each in counts)
    return "\n".join([*lines, f"| completed in both modes | {' | '.join(totals)} |"])


def _words(cell: str | None) -> str:
    if cell is None:
        return "–"
    needs, _, reason = cell.partition(": ")
    asked = needs.replace(" ", ", ").replace("_", " ")
    return f"{asked}: {REASONS[reason][0]}" if reason else asked
