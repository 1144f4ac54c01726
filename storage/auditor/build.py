"""Builds the verifier as one file: `python -m storage.auditor.build [cordon-audit-verify.pyz]`.

The file runs with any Python that has `cryptography` and `pyarrow`. The same sources give
the same bytes, so that two people can compare what they were given.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

_PACKAGE = "cordon_audit_verify"
_START = f"import sys\nfrom {_PACKAGE}.__main__ import main\nsys.exit(main())\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_verifier(target: Path) -> Path:
    """Write the verifier to `target` and return it."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    with target.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("__main__.py", _EPOCH), _START)
            for source in sources:
                archive.writestr(zipfile.ZipInfo(f"{_PACKAGE}/{source.name}", _EPOCH), source.read_bytes())
    target.chmod(0o755)
    return target


if __name__ == "__main__":
    build_verifier(Path(sys.argv[1] if len(sys.argv) > 1 else "cordon-audit-verify.pyz"))
