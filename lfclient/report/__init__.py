"""A run as one HTML file that needs nothing else: no console, no server, no network. Pure.

All that it shows is text from somebody else: Jinja2 escapes it, Markdown is read without HTML and
then sanitised, and the page's own policy lets it load nothing but what it holds.
"""
