"""Every document of a folder, such as the demo's, is valid to the official rules and matches its own evidence.

Run by `make validate FOLDER=out/2026-10`.
"""

import os
from pathlib import Path

import pytest

from smartwork.documents.verify import verify
from tests.support.official import official_rules

FOLDER = os.environ.get("FOLDER")


@pytest.mark.skipif(FOLDER is None, reason="FOLDER names no folder of documents: make validate FOLDER=out/2026-10")
def test_every_document_of_the_folder_is_valid_and_matches_its_evidence() -> None:
    files = [path for path in sorted(Path(str(FOLDER)).rglob("*")) if path.suffix in (".pdf", ".xml")]
    documents = [path for path in files if not path.stem.endswith("-statement")]
    invoices = [path for path in documents if path.suffix == ".pdf" or b":poacc:" in path.read_bytes()[:2000]]
    assert invoices, f"{FOLDER} holds no documents"
    with official_rules() as rules:
        by_rules = {path.name: rules.findings(path.read_bytes()) for path in invoices if path.suffix == ".xml"}
    assert {name: findings for name, findings in by_rules.items() if findings} == {}
    verified = {path.name: verify(path) for path in invoices}
    assert {name: result.findings for name, result in verified.items() if not result.holds} == {}
    assert {name: result.not_compared for name, result in verified.items() if not result.whole} == {}
    print(f"{len(by_rules)} XML valid, {len(invoices)} files verified")
