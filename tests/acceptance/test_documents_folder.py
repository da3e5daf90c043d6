"""Every document of a folder, such as the demo's: valid to the official rules, and proven by its own evidence.

By hand: make validate FOLDER=out/2026-10
"""

import os
from pathlib import Path

import pytest

from smartwork.documents.verify import verify
from tests.support.official import official_rules

FOLDER = os.environ.get("FOLDER")


@pytest.mark.skipif(FOLDER is None, reason="FOLDER names no folder of documents: make validate FOLDER=out/2026-10")
def test_every_document_of_the_folder_is_valid_and_proves_itself() -> None:
    found = [path for path in sorted(Path(str(FOLDER)).rglob("*")) if path.suffix in (".pdf", ".xml")]
    told = [path for path in found if not path.stem.endswith("-statement")]
    invoices = [path for path in told if path.suffix == ".pdf" or b":poacc:" in path.read_bytes()[:2000]]
    assert invoices, f"{FOLDER} holds no documents"
    with official_rules() as rules:
        said = {path.name: rules.findings(path.read_bytes()) for path in invoices if path.suffix == ".xml"}
    assert {name: findings for name, findings in said.items() if findings} == {}
    failing = {path.name: verify(path).findings for path in invoices}
    assert {name: findings for name, findings in failing.items() if findings} == {}
    print(f"{len(said)} XML valid, {len(invoices)} files verified")
