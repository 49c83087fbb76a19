"""The schema of the record, read from ``datapackage.json``.

That file (a Frictionless Data Package, profile ``tabular-data-package``) is the only place that
names tables, columns, types, keys and constraints; everything else asks it through here. Three
properties are ours: ``updated`` on the package is the day the record is as of, ``refreshed`` says
how often that changes, and ``evidenced`` on a field says that each of its values needs a row in
the evidence table.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from almanac.record import bounds

FILE = "datapackage.json"
TABLE = re.compile("[a-z][a-z0-9_]*")  # a name becomes that of a file
# Frictionless would fetch any other, from wherever it says.
PROFILES = {None, "data-package", "tabular-data-package", "data-resource", "tabular-data-resource"}


class SchemaError(ValueError):
    """``datapackage.json`` is missing or cannot be used.

    Attributes
    ----------
    problem : what is wrong and what to do
    line : line of the file, 1-based
    column : name of the property at fault, or ``file``
    found : what stood there, or None
    """

    def __init__(self, problem: str, line: int = 1, column: str = "file", found: str | None = None):
        super().__init__(problem if found is None else f"{problem}, found {found!r}")
        self.problem = problem
        self.line = line
        self.column = column
        self.found = found


@dataclass(frozen=True)
class Field:
    """A column: its Frictionless type, what it means and what its values must satisfy."""

    name: str
    type: str
    description: str
    constraints: Mapping[str, Any]
    evidenced: bool


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values, where not blank, must stand in columns of another table."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table: its fields in the order of the file's header, and its keys."""

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def path(self) -> str:
        """Name of the table's file in the data folder."""
        return f"{self.name}.csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in the order of the header."""
        return tuple(field.name for field in self.fields)

    @property
    def evidenced(self) -> tuple[str, ...]:
        """Names of the columns whose every value needs a source."""
        return tuple(field.name for field in self.fields if field.evidenced)

    def field(self, name: str) -> Field:
        """The field called `name`; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


@dataclass(frozen=True)
class Schema:
    """What a record is: its tables by name, its licences and sources, and the day it is as of.

    ``licences`` and ``sources`` hold the package's own mappings (``title``, ``path``, ...);
    ``descriptor`` is the whole package as it stands in the file.
    """

    title: str
    description: str
    version: str
    updated: dt.date
    licences: tuple[Mapping[str, str], ...]
    sources: tuple[Mapping[str, str], ...]
    tables: Mapping[str, Table]
    descriptor: Mapping[str, Any]


def read_schema(folder: str | Path) -> Schema:
    """Read the schema of the record in `folder`.

    Raises
    ------
    SchemaError
        If the folder or its ``datapackage.json`` is missing, is not JSON in UTF-8, or lacks what
        the record needs. Whether it is a proper Data Package is for `validate` to say.
    """
    return _schema(read_package(folder))


def parse_schema(data: bytes) -> Schema:
    """The schema that a ``datapackage.json`` with these bytes gives.

    Raises
    ------
    SchemaError
        As `read_schema` does.
    """
    return _schema(_descriptor(data))


def _schema(descriptor: dict[str, Any]) -> Schema:
    _check_profile(descriptor, "the package")
    tables = {}
    for number, resource in enumerate(_get(descriptor, "resources", list, "the package")):
        table = _table(resource, f"resources[{number}]")
        tables[table.name] = table
    return Schema(
        title=_get(descriptor, "title", str, "the package"),
        description=_get(descriptor, "description", str, "the package"),
        version=_get(descriptor, "version", str, "the package"),
        updated=_date(_get(descriptor, "updated", str, "the package")),
        licences=tuple(_get(descriptor, "licenses", list, "the package")),
        sources=tuple(_get(descriptor, "sources", list, "the package")),
        tables=tables,
        descriptor=descriptor,
    )


def read_package(folder: str | Path) -> dict[str, Any]:
    """What ``datapackage.json`` in `folder` says, whatever it is.

    Raises
    ------
    SchemaError
        If it cannot be read, is no JSON object, or the folder holds what a record may not.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SchemaError(
            f"the data folder {folder} does not exist: name a folder that holds {FILE}"
        )
    try:
        bounds.check_folder(folder)
        return _descriptor(bounds.read(folder / FILE, bounds.LIMITS.package))
    except bounds.OutOfBounds as error:
        raise SchemaError(error.problem, error.line, found=error.found) from None
    except FileNotFoundError:
        raise SchemaError(f"there is no {FILE} in {folder}: copy the record's own there") from None
    except OSError as error:
        raise SchemaError(f"{FILE} cannot be read ({error.strerror}): check the file") from None


def _descriptor(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = repr(error.object[error.start : error.end])[2:-1]
        problem = "expected text in UTF-8: save the file as UTF-8"
        raise SchemaError(problem, line, found=found) from None
    try:
        descriptor = json.loads(text)
    except json.JSONDecodeError as error:
        found = text[error.pos : error.pos + 20] or None
        raise SchemaError(f"expected JSON: {error.msg}", error.lineno, found=found) from None
    except RecursionError:
        raise SchemaError("expected a Data Package: the JSON is nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise SchemaError(f"expected JSON: {error}") from None
    if not isinstance(descriptor, dict):
        raise SchemaError("expected a JSON object that describes a Data Package", found=text[:20])
    if (levels := bounds.depth(descriptor)) > bounds.LIMITS.depth:
        problem = f"expected at most {bounds.LIMITS.depth} levels of JSON, one in the other"
        raise SchemaError(f"{problem}: remove what is no Data Package", found=f"{levels} levels")
    return descriptor


def _check_profile(holder: dict[str, Any], where: str) -> None:
    profile = holder.get("profile")
    if not (profile is None or isinstance(profile, str)) or profile not in PROFILES:
        known = ", ".join(sorted(filter(None, PROFILES)))
        raise SchemaError(
            f"expected the profile of {where} to be one of {known}", column="profile",
            found=json.dumps(profile),
        )  # fmt: skip
    if "profiles" in holder:
        raise SchemaError(
            f"expected {where} to have no profiles: remove them", column="profiles",
            found=json.dumps(holder["profiles"]),
        )  # fmt: skip


def _table(resource: Any, where: str) -> Table:
    if not isinstance(resource, dict):
        raise SchemaError(
            f"expected {where} to be an object", column="resources", found=json.dumps(resource)
        )
    name = _get(resource, "name", str, where)
    if not TABLE.fullmatch(name):
        raise SchemaError(
            f"expected the name of {where} to be lower-case letters, digits and underscores",
            column="name",
            found=name,
        )
    _check_profile(resource, where)
    if _get(resource, "path", str, where) != f"{name}.csv":
        raise SchemaError(
            f"expected the path of {where} to be {name}.csv", column="path", found=resource["path"]
        )
    schema = _get(resource, "schema", dict, where)
    listed = _get(schema, "fields", list, f"{name}.schema")
    if len(listed) > bounds.LIMITS.columns:
        raise SchemaError(
            f"expected {name} to have at most {bounds.LIMITS.columns} fields", column="fields",
            found=f"{len(listed)} fields",
        )  # fmt: skip
    fields = tuple(_field(field, f"{name}.fields[{n}]") for n, field in enumerate(listed))
    foreign_keys = _get({"foreignKeys": [], **schema}, "foreignKeys", list, f"{name}.schema")
    table = Table(
        name=name,
        title=_get(resource, "title", str, where),
        description=_get(resource, "description", str, where),
        fields=fields,
        primary_key=_names(schema.get("primaryKey"), f"the primaryKey of {name}"),
        foreign_keys=tuple(_foreign_key(key, name) for key in foreign_keys),
    )
    keys = {*table.primary_key, *(column for key in table.foreign_keys for column in key.columns)}
    for column in sorted(keys - set(table.columns)):
        raise SchemaError(f"a key of {name} names a column it does not have", found=column)
    return table


def _field(field: Any, where: str) -> Field:
    if not isinstance(field, dict):
        raise SchemaError(f"expected {where} to be an object", column="fields", found=str(field))
    return Field(
        name=_get(field, "name", str, where),
        type=_get(field, "type", str, where),
        description=_get(field, "description", str, where),
        constraints=field.get("constraints", {}),
        evidenced=field.get("evidenced", False) is True,
    )


def _foreign_key(key: Any, table: str) -> ForeignKey:
    try:
        reference = key["reference"]
        return ForeignKey(
            columns=_names(key["fields"], f"each foreign key of {table}"),
            # An empty resource name means the table itself (Table Schema, "foreignKeys").
            table=reference["resource"] or table,
            references=_names(reference["fields"], f"each foreign key of {table}"),
        )
    except (KeyError, TypeError):
        raise SchemaError(
            f"expected each foreign key of {table} to have fields and a reference",
            column="foreignKeys",
            found=json.dumps(key),
        ) from None


def _names(names: Any, where: str) -> tuple[str, ...]:
    """Column names of a key, which Table Schema allows as a list or as one name."""
    listed = [names] if isinstance(names, str) else names
    if not (isinstance(listed, list) and listed and all(isinstance(n, str) for n in listed)):
        raise SchemaError(f"expected {where} to name columns", column="name", found=str(names))
    return tuple(listed)


def _date(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise SchemaError(
            "expected the day the record is as of, written YYYY-MM-DD", column="updated", found=text
        ) from None


def _get(holder: dict[str, Any], name: str, kind: type, where: str) -> Any:
    value = holder.get(name)
    if not isinstance(value, kind):
        found = None if value is None else json.dumps(value)
        raise SchemaError(f"expected {where} to have a {name}: add it", column=name, found=found)
    return value
