"""Text from users in Markdown."""


def escape_markdown(text: str) -> str:
    """The text with every Markdown character escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-!|~:$" else c for c in text)
