# SPDX-License-Identifier: MIT
"""Builds the package (PEP 517, PEP 660) with the standard library and a C compiler alone, so that no index is needed.

Everything is made in temporary folders: a source tree that is read-only will do. CC names another compiler, CFLAGS and
LDFLAGS are added.
"""
import base64
import gzip
import hashlib
import io
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "daypack"
NATIVE = ROOT / "native"
HEADERS = ("shm.h", "follow.h")
MODULE = "_shm.abi3.so"
# A file's time in an archive, so that the same sources make the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def _project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _headers():
    """The folder that holds daypack/shm.h: a copy in a source archive, the engine's own in a checkout."""
    for folder in (ROOT / "include", ROOT.parent.parent / "engine" / "include"):
        if (folder / "daypack" / HEADERS[0]).is_file():
            return folder
    raise SystemExit("daypack: daypack/shm.h is missing: build from a checkout of daypack, or from its source archive")


def _compiler():
    named = os.environ.get("CC")
    if named:
        return shlex.split(named)
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    raise SystemExit("daypack: no C compiler was found: install one (Debian: apt-get install gcc libc6-dev), or set CC")


def _compile(into):
    includes = sorted({sysconfig.get_path("include"), sysconfig.get_path("platinclude")})
    if not any((pathlib.Path(folder) / "Python.h").is_file() for folder in includes):
        raise SystemExit(f"daypack: Python.h is missing for {sys.executable}: "
                         "install it (Debian: apt-get install python3-dev)")
    command = [*_compiler(), "-O2", "-fPIC", "-shared", "-std=gnu11", "-fvisibility=hidden", "-pthread",
               "-D_GNU_SOURCE", "-DNDEBUG", "-DPy_LIMITED_API=0x030B0000", "-Wall", f"-I{NATIVE}", f"-I{_headers()}"]
    command += [f"-I{folder}" for folder in includes]
    command += shlex.split(os.environ.get("CFLAGS", ""))
    command += [str(source) for source in sorted(NATIVE.glob("*.c"))]
    command += ["-o", str(into), "-Wl,-z,relro,-z,now", *shlex.split(os.environ.get("LDFLAGS", ""))]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"daypack: the C compiler failed:\n{shlex.join(command)}\n{done.stdout}")


def _metadata():
    project = _project()
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}",
             f"Summary: {project['description']}", f"Requires-Python: {project['requires-python']}",
             f"License: {project['license']['text']}", f"Keywords: {','.join(project['keywords'])}"]
    lines += [f"Classifier: {line}" for line in project["classifiers"]]
    for extra, requirements in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {requirement}; extra == "{extra}"' for requirement in requirements]
    lines.append("Description-Content-Type: text/markdown")
    readme = ROOT / project["readme"]
    return "\n".join(lines) + "\n\n" + (readme.read_text(encoding="utf-8") if readme.is_file() else "")


def _tag():
    return f"cp311-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def _stem():
    project = _project()
    return f"{project['name']}-{project['version']}"


def _info_files(tag):
    wheel = f"Wheel-Version: 1.0\nGenerator: daypack_build\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files = {"METADATA": _metadata().encode(), "WHEEL": wheel.encode(), "top_level.txt": b"daypack\n"}
    for licence in (ROOT / "LICENSE", ROOT.parent.parent / "LICENSE"):
        if licence.is_file():
            files["LICENSE"] = licence.read_bytes()
            break
    return files


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = f"{_stem()}.dist-info"
    target = pathlib.Path(metadata_directory) / folder
    target.mkdir(parents=True)
    for name, data in _info_files(_tag()).items():
        (target / name).write_bytes(data)
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def _write_wheel(folder, files):
    info = f"{_stem()}.dist-info"
    files = {**files, **{f"{info}/{name}": data for name, data in _info_files(_tag()).items()}}
    record = []
    name = f"{_stem()}-{_tag()}.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in sorted(files.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            _add(wheel, path, data)
        record.append(f"{info}/RECORD,,")
        _add(wheel, f"{info}/RECORD", ("\n".join(record) + "\n").encode())
    return name


def _add(wheel, path, data):
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
    wheel.writestr(entry, data)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with tempfile.TemporaryDirectory() as work:
        module = pathlib.Path(work) / MODULE
        _compile(module)
        files = {f"daypack/{MODULE}": module.read_bytes()}
    for source in sorted(PACKAGE.rglob("*")):
        if source.suffix in (".py", ".pyi", ".typed"):
            files[f"daypack/{source.relative_to(PACKAGE).as_posix()}"] = source.read_bytes()
    return _write_wheel(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    _compile(PACKAGE / MODULE)
    return _write_wheel(wheel_directory, {"daypack.pth": f"{PACKAGE.parent}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    stem = _stem()
    name = f"{stem}.tar.gz"
    headers = _headers()
    files = {f"include/daypack/{header}": (headers / "daypack" / header).read_bytes() for header in HEADERS}
    for folder in ("src", "native", "backend"):
        for source in sorted((ROOT / folder).rglob("*")):
            if source.is_file() and source.suffix in (".py", ".pyi", ".c", ".h", ".typed"):
                files[source.relative_to(ROOT).as_posix()] = source.read_bytes()
    for source in ("pyproject.toml", "README.md"):
        if (ROOT / source).is_file():
            files[source] = (ROOT / source).read_bytes()
    if "LICENSE" in (info := _info_files(_tag())):
        files["LICENSE"] = info["LICENSE"]
    files["PKG-INFO"] = _metadata().encode()
    with open(pathlib.Path(sdist_directory) / name, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, data in sorted(files.items()):
                entry = tarfile.TarInfo(f"{stem}/{path}")
                entry.size = len(data)
                entry.mode = 0o644
                archive.addfile(entry, io.BytesIO(data))
    return name
