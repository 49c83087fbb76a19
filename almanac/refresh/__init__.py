"""What upstreams say, beside what the record holds: a proposal, and its writing.

`fetch` and `copies` bring documents, `match` finds the models they are about, `scope` says what
belongs into the record, `propose` compares, `report` prints and `write` changes the record.
"""
