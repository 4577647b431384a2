"""A page as its elements: what a browser would see of it."""

from html.parser import HTMLParser

VOID = frozenset("meta input br".split())


class Page(HTMLParser):
    """Elements as (tag, attributes), ids, the text of each element with an id, unbalanced tags."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.ids, self.texts, self.unbalanced, self.all_text = [], [], {}, [], []
        self._open = []
        self.feed(text)
        self.close()
        self.unbalanced += [tag for tag, _ in self._open]

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
            self.texts[found["id"]] = []
        if tag not in VOID:
            self._open.append((tag, found.get("id")))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        if not self._open or self._open[-1][0] != tag:
            self.unbalanced.append(tag)
        else:
            self._open.pop()

    def handle_data(self, data):
        if any(tag in ("style", "script") for tag, _ in self._open):
            return
        self.all_text.append(data)
        for _, name in self._open:
            if name is not None:
                self.texts[name].append(data)

    def text(self, name):
        return " ".join("".join(self.texts[name]).split())

    def having(self, tag, attribute):
        return [found[attribute] for name, found in self.elements if name == tag and attribute in found]
