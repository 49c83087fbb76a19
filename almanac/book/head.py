"""What a page tells machines about itself: search engines, link previews, readers of feeds.

Absolute addresses stand only where the edition has one; nothing is invented.
"""

import html
import json
import posixpath

from almanac.book import cards, citation, feed
from almanac.book.downloads import ARCHIVE
from almanac.book.edition import Edition
from almanac.book.shell import TEMPLATES

CARDS = "cards"  # folder of the pages' pictures
LONGEST = 300  # letters of a description; more is cut by all who show it
COLOURS = {"light": "#fff", "dark": "#121212"}  # of the theme's page
START = "book/index"
DATASET = (START, "book/record")  # pages that are described as the data's


def tags(edition: Edition, page: str, title: str, description: str, link) -> str:
    """The elements for a page's head, as HTML.

    Parameters
    ----------
    page : its name from the root of the site, without suffix, as ``book/moe``
    title, description : as plain text; without a description, as for the search, nothing is said
        of the page itself
    link : gives the relative address of a file of the site, as Sphinx's ``pathto``
    """
    found = [
        _tag("meta", name="theme-color", content=colour, media=f"(prefers-color-scheme: {scheme})")
        for scheme, colour in COLOURS.items()
    ]
    if path := edition.licence().get("path"):
        found.append(_tag("link", rel="license", href=path))
    if edition.address:
        kind = "application/atom+xml"
        name = "Editions and corrections"
        found.append(_tag("link", rel="alternate", type=kind, title=name, href=link(feed.NAME, 1)))
    if description:
        found.append(_tag("meta", name="description", content=description))
        found += _preview(edition, page, title, description)
    if page in DATASET:
        found.append(_dataset(edition, link))
    return "\n    " + "\n    ".join(found)


def root(edition: Edition, title: str, description: str) -> str:
    """The page at the site's own address, which leads to the first one and is shown like it.

    Jupyter Book's own is empty, so that a link to the site would have no preview.
    """
    import jinja2

    templates = jinja2.FileSystemLoader(TEMPLATES)
    page = jinja2.Environment(loader=templates, autoescape=True).get_template("redirect.html")
    name = citation.work().title
    found = tags(edition, START, title, description, lambda file, _resource: file)
    return page.render(rel_url=f"{START}.html", title=name, tags=found)


def shortened(text: str) -> str:
    """A description of at most `LONGEST` letters, cut after a sentence, else after a word."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    start = text[: LONGEST - 1]
    sentences, stop, _ = start.rpartition(". ")
    if len(sentences) > LONGEST / 3:
        return sentences + stop.strip()
    return start.rpartition(" ")[0].rstrip(",;:") + "…"


def description(doctree) -> str:
    """What a page finds: its first finding as text, else its first paragraph."""
    from docutils import nodes

    findings = [box for box in doctree.findall(nodes.container) if "finding" in box["classes"]]
    first = findings or [
        paragraph
        for paragraph in doctree.findall(nodes.paragraph)
        if isinstance(paragraph.parent, nodes.section)
    ]
    return next(filter(None, (shortened(_words(node)) for node in first)), "")


def _words(node) -> str:
    """The words of a part of a page, without its raw HTML."""
    from docutils import nodes

    texts = node.findall(nodes.Text)
    return "".join(text.astext() for text in texts if not isinstance(text.parent, nodes.raw))


def _preview(edition: Edition, page: str, title: str, description: str) -> list[str]:
    """OpenGraph and Twitter's card; pictures and addresses only where they can be absolute."""
    cited = citation.work()
    about = {
        "og:type": "website" if page == START else "article",
        "og:site_name": cited.title,
        "og:title": title,
        "og:description": description,
    }
    if edition.address:
        about |= {
            "og:url": f"{edition.address}{page}.html",
            "og:image": edition.address + picture(page),
            "og:image:type": "image/png",
            "og:image:width": str(cards.WIDTH),
            "og:image:height": str(cards.HEIGHT),
            "og:image:alt": f"{title} – {description}",
        }
    card = "summary_large_image" if edition.address else "summary"
    return [
        *(_tag("meta", property=name, content=text) for name, text in about.items()),
        _tag("meta", name="twitter:card", content=card),
    ]


def picture(page: str) -> str:
    """Where a page's picture lies, from the root of the site."""
    return f"{CARDS}/{posixpath.basename(page)}.png"


def _dataset(edition: Edition, link) -> str:
    """The record as schema.org describes data sets, in JSON-LD, which is data and never runs."""
    cited = citation.work()
    licence = edition.licence().get("path")
    files = {
        "application/zip": f"data/{ARCHIVE}.zip",
        "text/csv": "data/models.csv",
        "application/vnd.apache.parquet": "data/models.parquet",
        "application/json": "results.json",
    }
    described = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": cited.title,
        "description": cited.abstract,
        "keywords": list(cited.keywords),
        "creator": [
            {"@type": "Person" if author.person else "Organization", "name": author.name}
            for author in cited.authors
        ],
        "version": f"{edition.name}, {edition.data_date()}",
        "dateModified": edition.data_date(),
        "isAccessibleForFree": True,
        "creditText": citation.apa(edition),
        **({"license": licence} if licence else {}),
        **({"url": edition.address} if edition.address else {}),
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": kind,
                # a relative address is read from that of the page
                "contentUrl": edition.address + file if edition.address else link(file, 1),
            }
            for kind, file in files.items()
        ],
    }
    # "<" would end the script element if it began "</script"
    data = json.dumps(described, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{data}</script>'


def _tag(element: str, /, **attributes: str) -> str:
    written = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{element} {written}>"
