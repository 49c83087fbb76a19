"""The record: tables in, validated and typed frames out.

`validate` lists every fault of a data folder, `load` reads a valid one, `read_schema` reads its
``datapackage.json``, the one place that says which tables and columns there are.
"""

from almanac.record.faults import Fault
from almanac.record.provenance import CLOSE, upstreams, with_confidence
from almanac.record.schema import Schema, SchemaError, read_package, read_schema
from almanac.record.tables import Record, load
from almanac.record.validation import cell_judges, validate

__all__ = [
    "CLOSE",
    "Fault",
    "Record",
    "Schema",
    "SchemaError",
    "cell_judges",
    "load",
    "read_package",
    "read_schema",
    "upstreams",
    "validate",
    "with_confidence",
]
