# SPDX-License-Identifier: MIT
"""Lays out the Python package as a Debian package has it: python_files.py SOURCES FOLDER"""
import pathlib
import shutil
import sys
import tempfile
import zipfile

sources, folder = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(sources / "backend"))
import daypack_build  # noqa: E402: it is where the sources are

shutil.rmtree(folder, ignore_errors=True)
with tempfile.TemporaryDirectory() as work:
    with zipfile.ZipFile(pathlib.Path(work) / daypack_build.build_wheel(work)) as wheel:
        wheel.extractall(folder)
# dpkg knows the files, and the licence is in share/doc: what pip would go by is left out.
for information in folder.glob("*.dist-info"):
    for name in ("RECORD", "LICENSE"):
        (information / name).unlink()
    (information / "INSTALLER").write_text("debian\n", encoding="utf-8")
