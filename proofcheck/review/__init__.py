"""The review page: one offline HTML file made from the lemmas, their certificates and the results of their checks.

    contents   what the page is about: hashes, and the kernel with all certificates as one archive
    entry      one lemma as data
    document   all of them, with what must be believed and what was not run
    changes    what differs from an earlier document
    page       the document as HTML; `mathml`, `typeset`, `graph` and `source` make its parts
    pdf        the page through Chromium

Every sentence on the page about a lemma comes from an object; nothing about one is typed here.
"""
