"""What tests of the Coq export share: Coq itself, and the compiled library."""

import shutil

import pytest

from proofcheck.export.coq import coqc
from proofcheck.export.coq.coqc import compile_file, required
from proofcheck.export.coq.write import LIBRARY


@pytest.fixture(scope="session")
def coq():
    """Coq, or a skip that says so (a failure where PROOFCHECK_REQUIRE_COQ=1)."""
    if coqc() is None and required():
        pytest.fail("PROOFCHECK_REQUIRE_COQ=1, and there is no coqc", pytrace=False)
    if coqc() is None:
        pytest.skip("no coqc: Coq checked nothing")


@pytest.fixture(scope="module")
def library(coq, tmp_path_factory):
    """A folder with the compiled library."""
    folder = tmp_path_factory.mktemp("coq")
    shutil.copy(LIBRARY, folder)
    assert compile_file(folder / LIBRARY.name) == ""
    return folder
