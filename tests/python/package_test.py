# SPDX-License-Identifier: MIT
"""What the build backend makes: an archive of the sources that builds by itself, and a wheel for all Pythons from 3.11."""
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "tools" / "python"
BUILD = "import daypack_build as b, sys; print(getattr(b, sys.argv[1])(sys.argv[2]))"


def build(folder, what, into, **more):
    text = f"import sys; sys.path.insert(0, {str(folder / 'backend')!r}); {BUILD}"
    return subprocess.run([sys.executable, "-I", "-B", "-c", text, what, str(into)], capture_output=True, text=True,
                          check=False, **more)


class ThePackage(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_builds_from_its_source_archive_with_the_headers_of_the_engine(self):
        name = build(PACKAGE, "build_sdist", self.folder).stdout.strip()
        self.assertEqual(name, "daypack-0.1.0.tar.gz")
        self.assertEqual((self.folder / name).read_bytes()[3:8], bytes(5), "no name and no time: the same bytes each time")
        with tarfile.open(self.folder / name) as archive:
            archive.extractall(self.folder)
        tree = self.folder / "daypack-0.1.0"
        for header in ("shm.h", "follow.h"):
            self.assertEqual((tree / "include" / "daypack" / header).read_bytes(),
                             (ROOT / "engine" / "include" / "daypack" / header).read_bytes())
        self.assertEqual((tree / "LICENSE").read_bytes(), (ROOT / "LICENSE").read_bytes())
        made = build(tree, "build_wheel", self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, r"^daypack-0\.1\.0-cp311-abi3-linux_\w+\.whl$")
        with zipfile.ZipFile(self.folder / made.stdout.strip()) as wheel:
            names = set(wheel.namelist())
            self.assertLessEqual({"daypack/_shm.abi3.so", "daypack/_shm.pyi", "daypack/py.typed", "daypack/cryptofeed.py",
                                  "daypack-0.1.0.dist-info/LICENSE"}, names)
            metadata = wheel.read("daypack-0.1.0.dist-info/METADATA").decode()
            self.assertIn('Requires-Dist: cryptofeed>=2.4; extra == "cryptofeed"', metadata)
            wheel.extract("daypack/_shm.abi3.so", self.folder)
        needed = subprocess.run(["readelf", "-d", str(self.folder / "daypack" / "_shm.abi3.so")], capture_output=True,
                                text=True, check=True).stdout
        libraries = {line.split("[")[1].split("]")[0] for line in needed.splitlines() if "NEEDED" in line}
        self.assertLessEqual(libraries, {"libc.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"})

    def test_says_what_is_missing(self):
        made = build(PACKAGE, "build_wheel", self.folder, env={"PATH": str(self.folder)})
        self.assertNotEqual(made.returncode, 0)
        self.assertIn("no C compiler was found: install one", made.stderr)

    def test_writes_nothing_into_the_sources(self):
        self.assertEqual([path for path in PACKAGE.rglob("*") if path.suffix in (".so", ".o", ".whl")], [])


if __name__ == "__main__":
    unittest.main()
