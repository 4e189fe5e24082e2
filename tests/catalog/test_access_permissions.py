"""Permissions of the keys of `access`: exactly the named resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.analysis.policies import bucket_and_prefix
from catalog.endpoints import interface_endpoints
from tests.support.catalogs import complete, loaded, notices_of, pointed_out, problems_of
from tests.support.synth import catalog_output, statements

ACCOUNT = "${data.aws_caller_identity.current_account.account_id}"
PROFILE = f"arn:aws:bedrock:us-west-2:{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0"
GRANTS: dict[str, list[tuple[list[str], list[str], dict[str, Any]]]] = {
    'bedrock = ["amazon.nova-lite-v1:0"]': [
        (
            ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            ["arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0"],
            {},
        )
    ],
    'bedrock = ["us.amazon.nova-lite-v1:0"]': [
        (["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], [PROFILE], {}),
        (
            ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            ["arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0"],
            {"StringEquals": {"bedrock:InferenceProfileArn": PROFILE}},
        ),
    ],
    'bedrock = ["arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2"]': [
        (
            ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            ["arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2"],
            {},
        ),
        (
            ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            ["arn:aws:bedrock:*::foundation-model/*"],
            {
                "StringEquals": {
                    "bedrock:InferenceProfileArn": (
                        "arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2"
                    )
                }
            },
        ),
    ],
    'bedrock = ["arn:aws:bedrock:us-west-2:123456789012:guardrail/g1"]': [
        (["bedrock:ApplyGuardrail"], ["arn:aws:bedrock:us-west-2:123456789012:guardrail/g1"], {})
    ],
    'sagemaker = ["Rerank"]': [
        (
            [
                "sagemaker:InvokeEndpoint",
                "sagemaker:InvokeEndpointAsync",
                "sagemaker:InvokeEndpointWithResponseStream",
            ],
            [f"arn:aws:sagemaker:us-west-2:{ACCOUNT}:endpoint/rerank"],
            {},
        )
    ],
    's3_read = ["docs/in"]': [
        (["s3:GetObject"], ["arn:aws:s3:::docs/in/*"], {}),
        (["s3:ListBucket"], ["arn:aws:s3:::docs"], {"StringLike": {"s3:prefix": ["in", "in/*"]}}),
    ],
    's3_write = ["s3://docs"]': [
        (["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"], ["arn:aws:s3:::docs/*"], {})
    ],
    's3_delete = ["docs/in", "logs"]': [
        (["s3:DeleteObject"], ["arn:aws:s3:::docs/in/*", "arn:aws:s3:::logs/*"], {}),
    ],
    'sqs_consume = ["work"]': [
        (
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:ReceiveMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            ],
            [f"arn:aws:sqs:us-west-2:{ACCOUNT}:work"],
            {},
        )
    ],
    'sqs_send = ["arn:aws:sqs:eu-west-1:111111111111:work.fifo"]': [
        (
            ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
            ["arn:aws:sqs:eu-west-1:111111111111:work.fifo"],
            {},
        )
    ],
    'kms_decrypt = ["arn:aws:kms:us-west-2:123456789012:key/0a1b"]': [
        (["kms:Decrypt", "kms:GenerateDataKey"], ["arn:aws:kms:us-west-2:123456789012:key/0a1b"], {})
    ],
    "task_protection = true": [
        (
            ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
            [f"arn:aws:ecs:us-west-2:{ACCOUNT}:task/shop/*"],
            {},
        )
    ],
}


def _catalog(access: str, *, rest: str = "") -> str:
    return complete(f'{rest}\n[services.web]\nimage = "r.io/web:1"\n[services.web.access]\n{access}\n')


@pytest.mark.parametrize("access", GRANTS)
def test_a_key_allows_exactly_what_it_names(access: str, tmp_path: Path) -> None:
    [output] = catalog_output(_catalog(access), tmp_path).values()

    found = statements(output, "web_task")

    assert [(each["Action"], each["Resource"], each.get("Condition", {})) for each in found] == GRANTS[access]
    assert {each["Effect"] for each in found} == {"Allow"}


def test_tables_include_their_indexes_and_secrets_depend_on_their_kind(tmp_path: Path) -> None:
    access = """
        dynamodb = ["orders"]
        secrets_read = [
          "arn:aws:secretsmanager:us-west-2:123456789012:secret:key-AbCdEf",
          "arn:aws:ssm:us-west-2:123456789012:parameter/key",
        ]
    """
    [output] = catalog_output(_catalog(access), tmp_path).values()

    table, secret, parameter = statements(output, "web_task")

    arn = f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/orders"
    assert table["Resource"] == [arn, f"{arn}/index/*"]
    assert {"dynamodb:PutItem", "dynamodb:Query"} < set(table["Action"])
    assert not any("Table" in action for action in table["Action"] if action != "dynamodb:DescribeTable")
    assert secret["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    assert parameter["Action"] == ["ssm:GetParameter", "ssm:GetParameters"]


def test_the_permissions_of_a_version_are_not_those_of_its_service(tmp_path: Path) -> None:
    version = 'versions = [{ name = "next", access = { sqs_send = ["work"] } }]'
    [output] = catalog_output(complete(f'[services.web]\nimage = "r.io/web:1"\n{version}\n'), tmp_path).values()

    assert statements(output, "web_task") == []
    assert [each["Action"][0] for each in statements(output, "web_next_task")] == ["sqs:SendMessage"]


def test_without_internet_access_every_key_adds_its_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
    [deployment] = loaded(f"""
        [network]
        nat = "none"
        [services.web]
        image = "{image}"
        access = {{ bedrock = ["amazon.nova-lite-v1:0"], sagemaker = ["rerank"], sqs_send = ["work"] }}
        [services.other]
        image = "{image}"
        versions = [{{ name = "next", access = {{ task_protection = true }} }}]
    """).deployments

    assert {"bedrock-runtime", "sagemaker.runtime", "sqs", "ecs"} < set(interface_endpoints(deployment))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("bucket", ("bucket", "")),
        ("bucket/a/b/", ("bucket", "a/b")),
        ("s3://bucket/a", ("bucket", "a")),
        ("arn:aws:s3:::bucket/a", ("bucket", "a")),
    ],
)
def test_a_bucket_can_be_a_name_a_url_or_an_arn(text: str, parts: tuple[str, str]) -> None:
    assert bucket_and_prefix(text) == parts


WRONG = {
    "a wildcard in a bucket": """
        [services.web]
        image = "r.io/web:1"
        access.s3_read = ["docs/*"]
        #^ services.web.access.s3_read[0]: "docs/*" ends with a wildcard, and everything below is included anyway. Write
        #| "docs".
    """,
    "a wildcard inside a bucket": """
        [services.web]
        image = "r.io/web:1"
        access.s3_read = ["docs/*/x"]
        #^ services.web.access.s3_read[0]: "docs/*/x" is not a bucket. Write its name, as in "bucket", or a part of it,
        #| as in "bucket/folder".
    """,
    "URLs": """
        [services.web]
        image = "r.io/web:1"
        access.s3_read = ["https://docs.s3.eu-west-1.amazonaws.com/public/"]
        #^ services.web.access.s3_read[0]: "https://docs.s3.eu-west-1.amazonaws.com/public/" is the URL of a bucket.
        #| Write "docs/public".
        access.s3_write = ["https://s3.us-west-2.amazonaws.com/docs/public"]
        #^ services.web.access.s3_write[0]: "https://s3.us-west-2.amazonaws.com/docs/public" is the URL of a bucket.
        #| Write "docs/public".
        access.sqs_send = ["https://sqs.us-west-2.amazonaws.com/123456789012/jobs.fifo"]
        #^ services.web.access.sqs_send[0]: "https://sqs.us-west-2.amazonaws.com/123456789012/jobs.fifo" is the URL of a
        #| queue. Write "arn:aws:sqs:us-west-2:123456789012:jobs.fifo".
        access.sqs_consume = ["https://cn-north-1.queue.amazonaws.com.cn/123456789012/jobs/"]
        #^ services.web.access.sqs_consume[0]: "https://cn-north-1.queue.amazonaws.com.cn/123456789012/jobs/" is the URL
        #| of a queue. Write "arn:aws-cn:sqs:cn-north-1:123456789012:jobs".
        access.dynamodb = ["arn:aws:dynamodb:us-west-2:123456789012:table/carts/index/*"]
        #^ services.web.access.dynamodb[0]: "arn:aws:dynamodb:us-west-2:123456789012:table/carts/index/*" ends with a
        #| wildcard, and everything below is included anyway. Write
        #| "arn:aws:dynamodb:us-west-2:123456789012:table/carts".
    """,
    "a URL with placeholders, and one without a region": """
        [services.web]
        image = "r.io/web:1"
        access.sqs_send = ["https://sqs.{region}.amazonaws.com/{account}/jobs"]
        #^ services.web.access.sqs_send[0]: "https://sqs.us-west-2.amazonaws.com/{account}/jobs" is the URL of a queue.
        #| Write "arn:aws:sqs:{region}:{account}:jobs".
        access.sqs_consume = ["https://queue.amazonaws.com/123456789012/jobs"]
        #^ services.web.access.sqs_consume[0]: "https://queue.amazonaws.com/123456789012/jobs" is the URL of a queue.
        #| Write "arn:aws:sqs:us-east-1:123456789012:jobs".
        access.dynamodb = ["table/{account}"]
        #^ services.web.access.dynamodb[0]: "table/{account}" is not a table of DynamoDB. Write its name, or its ARN.
    """,
    "topics, and keys without a kind of access": """
        [services.web]
        image = "r.io/web:1"
        access.sns_publish = ["events"]
        #^ services.web.access.sns_publish: unknown key; topics have no key of their own. Write statements = [{ actions
        #| = ["sns:Publish"], resources = ["arn:aws:sns:{region}:{account}:NAME"] }].
        access.sqs = ["jobs"]
        #^ services.web.access.sqs: unknown key; each key grants one kind of access. Use sqs_send or sqs_consume.
        access.s3 = ["docs"]
        #^ services.web.access.s3: unknown key; each key grants one kind of access. Use s3_read, s3_write or s3_delete.
    """,
    "a URL that isn't of SQS": """
        [services.web]
        image = "r.io/web:1"
        access.sqs_send = ["http://localhost:4566/000000000000/jobs"]
        #^ services.web.access.sqs_send[0]: "http://localhost:4566/000000000000/jobs" is not a queue. Write its name, or
        #| its ARN.
    """,
    "an ARN of something else": """
        [services.web]
        image = "r.io/web:1"
        access.sqs_send = ["arn:aws:sns:us-west-2:123456789012:topic"]
        #^ services.web.access.sqs_send[0]: "arn:aws:sns:us-west-2:123456789012:topic" is not a queue. Write its name,
        #| or its ARN.
    """,
    "another partition": """
        [services.web]
        image = "r.io/web:1"
        access.sqs_send = ["arn:aws-cn:sqs:cn-north-1:123456789012:work"]
        #^ services.web.access.sqs_send[0]: is in the partition "aws-cn", and us-west-2 is in "aws". Write an ARN that
        #| begins with "arn:aws:".
    """,
    "an alias for a key": """
        [services.web]
        image = "r.io/web:1"
        access.kms_decrypt = ["arn:aws:kms:us-west-2:123456789012:alias/x"]
        #^ services.web.access.kms_decrypt[0]: must be the ARN of a key. Write one with ":key/" after the account.
    """,
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_access_is_an_error_with_its_line(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert problems_of(WRONG[mistake]) == pointed_out(WRONG[mistake])


@pytest.mark.usefixtures("in_tmp_path")
def test_the_advice_for_urls_and_topics_works() -> None:
    topics = 'statements = [{ actions = ["sns:Publish"], resources = ["arn:aws:sns:{region}:{account}:NAME"] }]'
    for line in (
        f"access.{topics}",
        'access.s3_read = ["docs/public"]',
        'access.s3_write = ["docs"]',
        'access.sqs_send = ["arn:aws:sqs:us-west-2:{account}:jobs"]',
        'access.dynamodb = ["arn:aws:dynamodb:us-west-2:123456789012:table/carts"]',
    ):
        assert notices_of(f'[services.web]\nimage = "r.io/web:1"\n{line}') == []
