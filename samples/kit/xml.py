"""XML in the shape Tableau writes it: single quotes, sorted attributes, two-space indents, text kept inline."""

import hashlib

HEADER = "<?xml version='1.0' encoding='utf-8' ?>\n"
USER = "http://www.tableausoftware.com/xml/user"


class E:
    """An element. `None` attributes and children are left out; lists of children are flattened; a string is text."""

    def __init__(self, tag, attrs=None, *children):
        self.tag = tag
        self.attrs = {key: text_of(value) for key, value in (attrs or {}).items() if value is not None}
        self.children = list(flatten(children))

    def write(self, out, depth=0):
        pad = "  " * depth
        attrs = "".join(f" {key}='{escape_attribute(value)}'" for key, value in sorted(self.attrs.items()))
        if not self.children:
            out.append(f"{pad}<{self.tag}{attrs} />\n")
        elif all(isinstance(child, str) for child in self.children):
            text = "".join(escape_text(child) for child in self.children)
            out.append(f"{pad}<{self.tag}{attrs}>{text}</{self.tag}>\n")
        else:
            out.append(f"{pad}<{self.tag}{attrs}>\n")
            for child in self.children:
                child.write(out, depth + 1)
            out.append(f"{pad}</{self.tag}>\n")


class Raw:
    """Text lines that are already XML, such as the base64 of a thumbnail."""

    def __init__(self, lines):
        self.lines = lines

    def write(self, out, depth=0):
        pad = "  " * depth
        out.extend(f"{pad}{line}\n" for line in self.lines)


def flatten(items):
    for item in items:
        if isinstance(item, (list, tuple)):
            yield from flatten(item)
        elif item is not None:
            yield item


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def escape_attribute(value):
    return escape_text(value).replace("'", "&apos;").replace('"', "&quot;")


def escape_text(value):
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;")


def document(root):
    out = [HEADER, "\n"]
    root.write(out)
    return "".join(out).encode("utf-8")


def literal(value):
    """A value as Tableau writes it in filters, colour maps and parameters."""
    if value is None:
        return "%null%"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "\\%").replace("#", "\\#")
        return f'"{escaped}"'
    return str(value)


# Names that look like Tableau's own, but always the same for the same words.


def digest(*words):
    return hashlib.sha256("\0".join(words).encode("utf-8")).hexdigest()


def uuid(*words):
    text = digest(*words)[:32].upper()
    return "{" + "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])) + "}"


def connection_name(kind, *words):
    number = int(digest(kind, *words), 16)
    letters = []
    for _ in range(28):
        number, index = divmod(number, 36)
        letters.append("0123456789abcdefghijklmnopqrstuvwxyz"[index])
    return f"{kind}.{''.join(letters)}"


def calculation_name(*words):
    return f"[Calculation_{int(digest(*words), 16) % 10**18:018d}]"


def object_id(name, *words):
    return f"{name}_{digest('object', name, *words)[:32].upper()}"
