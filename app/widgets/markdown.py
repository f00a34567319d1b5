"""Text from users on the page."""


def escape_markdown(text: str) -> str:
    """Text in which nothing is taken for Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-!|~:$" else c for c in text)
