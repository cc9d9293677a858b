# SPDX-License-Identifier: MIT
"""What every Python file of this repository keeps to, checked with the standard library alone: style.py FILE..."""
import ast
import pathlib
import sys


def names_used(tree):
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):  # names in annotations that are text, and in __all__
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            used.add(node.value)
    return used


def faults_of(path):
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    if path.stat().st_size == 0:
        return
    if lines[0].startswith("#!"):
        del lines[0]
    if lines[0] != "# SPDX-License-Identifier: MIT":
        yield 1, "begin with the line # SPDX-License-Identifier: MIT"
    for number, line in enumerate(lines, 1):
        if len(line) > 128 or line != line.rstrip() or "\t" in line:
            yield number, "at most 128 characters, no tab, nothing blank at the end"
    if len(lines) > 400:
        yield 400, "at most 400 lines"
    tree = ast.parse(text, str(path))
    if path.suffix == ".pyi" or path.name == "__init__.py":
        return
    used = names_used(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in node.names:
                shown = (name.asname or name.name).split(".")[0]
                if shown not in used:
                    yield node.lineno, f"{shown} is imported and not used"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= 70:
            yield node.lineno, f"{node.name} is longer than 70 lines"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "name what is caught"


def main(paths):
    faults = 0
    for path in map(pathlib.Path, paths):
        for line, why in faults_of(path):
            print(f"{path}:{line}: {why}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
