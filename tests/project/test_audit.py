"""The conclusions of `make security` and `make audit` from the reports of their tools."""

from __future__ import annotations

from typing import Any

from tools.audit import of_node, of_python
from tools.checkov import Exception_, exceptions, judged


def finding(check: str, resource: str, catalog: str = "services") -> dict[str, Any]:
    return {
        "check_id": check,
        "check_name": "Ensure it",
        "resource": resource,
        "file_path": f"/{catalog}.none.{catalog}.json",
    }


def results(*failed: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"passed_checks": [finding("CKV_1", "aws_vpc.main_network")], "failed_checks": [*failed]}


LOGS = Exception_(check="CKV_2", resource="aws_s3_bucket.main_*", why="It is for logs.")


def test_a_failed_check_without_an_exception_is_reported() -> None:
    report = judged(results(finding("CKV_2", "aws_s3_bucket.other"), finding("CKV_3", "aws_s3_bucket.main_x")), [LOGS])
    assert report.failed == [
        "services on none: aws_s3_bucket.other: CKV_2 Ensure it",
        "services on none: aws_s3_bucket.main_x: CKV_3 Ensure it",
    ]
    assert report.unused == [LOGS]


def test_a_failed_check_with_an_exception_is_counted_as_accepted() -> None:
    report = judged(results(finding("CKV_2", "aws_s3_bucket.main_x")), [LOGS])
    assert not report.failed and not report.unused
    [counts] = report.plans.values()
    assert (counts.passed, counts.failed, counts.excepted) == (1, 0, 1)


def test_an_exception_that_names_a_key_does_not_apply_if_all_keys_are_set() -> None:
    assert judged(results(finding("CKV_2", "aws_s3_bucket.main_x", "hardened")), [LOGS]).failed


def test_every_exception_is_a_sentence_and_occurs_once() -> None:
    known = exceptions()
    assert all(each.why.endswith(".") and len(each.why) > 40 for each in known)
    assert len({(each.check, each.resource) for each in known}) == len(known) == len({each.why for each in known})


def test_packages_that_the_registry_lacks_are_reported_as_not_audited() -> None:
    skipped = {"name": "cdktf", "skip_reason": "not found"}
    asked = {"name": "attrs", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    found, said = of_python({"dependencies": [skipped, asked]}, lock="a.txt")
    assert found == ["a.txt: attrs 1: CVE-1, fixed in 2"]
    assert said == "a.txt: 1 packages audited; NOT AUDITED: 1, not found in the registry"
    assert "NOT AUDITED" in of_python({}, lock="a.txt")[1]


def test_npm_output_without_vulnerabilities_is_reported_as_not_audited() -> None:
    assert of_node({"message": "405 Method Not Allowed"}) == (
        [],
        "package-lock.json: NOT AUDITED, couldn't read the advisories (405 Method Not Allowed)",
    )
    answer = {"vulnerabilities": {"tar": {"severity": "high"}}, "metadata": {"dependencies": {"total": 3}}}
    assert of_node(answer) == (["package-lock.json: tar: high"], "package-lock.json: 3 packages audited")
