"""Markdown that tries to load a picture or to be clicked. No address of these may reach a page."""

TRACE = "trace-7f3a"  # in every address
PICTURE = f"http://pictures.example/{TRACE}.png"
FENCE = "```"

IMAGES = {
    "inline": f"![a]({PICTURE})",
    "titled": f'![a](<{PICTURE}> "{TRACE}")',
    "full reference": f"![a][r]\n\n[r]: {PICTURE}",
    "collapsed reference": f"![r][]\n\n[r]: {PICTURE} '{TRACE}'",
    "shortcut reference": f"![r]\n\n[r]:\n  <{PICTURE}>",
    "definition in a quote": f"![r]\n\n> [r]: {PICTURE}",
    "definition in a list": f"- > [R]: {PICTURE}\n\n![a][r]",
    "image in a list in a quote": f"> 1. x\n>\n>    ![a\n>    b][r]\n\n[r]: {PICTURE}",
    "nested brackets": f"![a [b [c]]]({PICTURE})",
    "image in an image": f"![a ![b]({PICTURE})]({PICTURE})",
    "image in a link": f"[![a]({PICTURE})](https://example.com)",
    "image in a link to a script": f"[![a]({PICTURE})](javascript:{TRACE})",
    "entities": f"![a](&#104;ttp&colon;//pictures.example/{TRACE}.png)",
    "without a scheme": f"![a](//pictures.example/{TRACE}.png)",
    "heading": f"![a]({PICTURE})\n===",
    "table": f"| x | y |\n|---|---|\n| `\\|` ![a\\|]({PICTURE}) | ![b]({PICTURE}) |",
    "after a fence in a list": f"- a\n  {FENCE}\n![a]({PICTURE})",
    "after a fence in HTML": f"<div>\n{FENCE}\n</div>\n\n![a]({PICTURE})",
}
# these have no meaning but in Streamlit
EXTENSIONS = {
    "after a fence in a directive": f":::note\n{FENCE}\n:::\n![a]({PICTURE})",
    "after a tick in a directive": f"x:a{{b='`'}} ![a]({PICTURE}) `",
    "after a tick in a label": f"x:a[`] ![a]({PICTURE}) `",
    "after a formula of two lines": f"$$a\nb$$\n{FENCE}\n$$\n![a]({PICTURE})\n{FENCE}",
    "in a footnote": f"x[^1]\n\n[^1]: ![a]({PICTURE})",
    "in a footnote's second block": f"x[^1]\n\n[^1]: y\n\n    ![a]({PICTURE})",
}
SCHEMES = ("data:text/html,", "file:///", "javascript:", "JaVaScRiPt:", "vbscript:", "blob:")
LINKS = {
    f"{scheme} {style}": text
    for scheme in SCHEMES
    for style, text in {
        "inline": f'[click]({scheme}{TRACE} "{TRACE}")',
        "reference": f"[click][r] and [r]\n\n> [r]: {scheme}{TRACE}",
        "autolink": f"x <{scheme}{TRACE}>",
        "entities": f"[click](&#x{ord(scheme[0]):x};{scheme[1:-1]}&colon;{TRACE})",
        "spaces": f"[click](<\t {scheme}{TRACE}>) [click](\n{scheme}{TRACE})",
        "tab inside": f"[click]({scheme[:3]}&Tab;{scheme[3:]}{TRACE})",
        "line break inside": f"[click]({scheme[:3]}&NewLine;{scheme[3:]}{TRACE})",
    }.items()
}
HTML = {
    "img": f'<img src="{PICTURE}" onerror="window.hit=1">',
    "img in a paragraph": f'x <img src="{PICTURE}"> y',
    "link": f'<a href="javascript:{TRACE}">click</a>',
    "frame": f'<iframe src="{PICTURE}"></iframe>',
    "style": f"<style>@import '{PICTURE}'</style>",
    "svg": f'<svg><image href="{PICTURE}"/></svg>',
}
