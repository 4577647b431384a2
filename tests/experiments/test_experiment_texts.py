"""Tested: where the text comes from, and what is refused."""

import hashlib
import io
import tarfile

import pytest

from proofcheck.errors import ArgumentError
from proofcheck.experiments import texts
from proofcheck.experiments.texts import read_text


@pytest.fixture(autouse=True)
def no_book(monkeypatch):
    monkeypatch.delenv(texts.BOOK, raising=False)


def archive(path, raw, name="brotli-1.2.1/tests/testdata/alice29.txt"):
    with tarfile.open(path, "w:gz") as out:
        entry = tarfile.TarInfo(name)
        entry.size = len(raw)
        out.addfile(entry, io.BytesIO(raw))
    return str(path)


def test_pythons_reference_is_there_without_a_book():
    text = read_text()
    assert "language reference" in text.name
    assert len(text.content) > 100_000


def test_a_file_and_the_environment_variable(tmp_path, monkeypatch):
    file = tmp_path / "mine.txt"
    file.write_bytes(b"One\r\ntwo.")
    text = read_text(str(file))
    assert (text.name, text.content) == ("mine.txt", "One\ntwo.")
    assert text.sha256 == hashlib.sha256(b"One\r\ntwo.").hexdigest()
    monkeypatch.setenv(texts.BOOK, str(file))
    assert read_text() == text


def test_the_book_is_read_out_of_the_archive_and_known_by_its_sum(tmp_path, monkeypatch):
    raw = b"Down the Rabbit-Hole"
    monkeypatch.setattr(texts, "ALICE", hashlib.sha256(raw).hexdigest())
    text = read_text(archive(tmp_path / "brotli-1.2.1.tar.gz", raw))
    assert text.name == "Alice's Adventures in Wonderland"
    assert text.content == raw.decode()
    file = tmp_path / "alice29.txt"
    file.write_bytes(raw)
    assert read_text(str(file)) == text


@pytest.mark.parametrize(("raw", "words"), [(b"another book", "a member of sha256"), (b"", "no such member")])
def test_an_archive_with_another_book_is_refused(tmp_path, raw, words):
    with pytest.raises(ArgumentError, match=words):
        read_text(archive(tmp_path / "brotli.tar.gz", raw))


def test_an_archive_without_the_book_or_broken_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="no such member"):
        read_text(archive(tmp_path / "other.tar.gz", b"x", "other/file.txt"))
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")
    with pytest.raises(ArgumentError, match="readable archive"):
        read_text(str(broken))


@pytest.mark.parametrize(("raw", "words"), [(b"", "empty text"), (b" \n", "empty text"), (b"\xff\xfe\x00", "UTF-8")])
def test_files_that_are_no_text_are_refused(tmp_path, raw, words):
    file = tmp_path / "bad.txt"
    file.write_bytes(raw)
    with pytest.raises(ArgumentError, match=words):
        read_text(str(file))


def test_no_such_file(tmp_path):
    with pytest.raises(ArgumentError, match="must be a file"):
        read_text(str(tmp_path / "none.txt"))
