"""The changes of a plan, read from its text."""

from __future__ import annotations

import pytest

from tests.support.plan_text import planned

SAID = """
Note: Objects have changed outside of Terraform

  # aws_ecs_service.web has changed
  ~ resource "aws_ecs_service" "web" {

Terraform will perform the following actions:

 # aws_appmesh_route.llm will no longer be managed by Terraform, but will not be destroyed
 # (destroy = false is set in the configuration)
 . resource "aws_appmesh_route" "llm" {

  # aws_ecs_service.front will be updated in-place
  # (moved from aws_ecs_service.web)
  ~ resource "aws_ecs_service" "front" {

  # aws_ecs_task_definition.front must be replaced
  # (moved from aws_ecs_task_definition.web)
-/+ resource "aws_ecs_task_definition" "front" {
      + arn = (known after apply)

  # aws_lb_target_group.a must be replaced
+/- resource "aws_lb_target_group" "a" {

  # aws_lb.b is tainted, so must be replaced
-/+ resource "aws_lb" "b" {

  # aws_iam_role.web has moved to aws_iam_role.front
    resource "aws_iam_role" "front" {

  # aws_vpc.new will be created
  + resource "aws_vpc" "new" {

  # aws_vpc.old will be destroyed
  # (because aws_vpc.old is not in configuration)
  - resource "aws_vpc" "old" {

  # data.aws_vpc.there will be read during apply
 <= data "aws_vpc" "there" {

"""
COUNTED = "Plan: 4 to add, 1 to change, 4 to destroy."


def test_every_change_has_its_actions() -> None:
    plan = planned(SAID + COUNTED)
    assert plan.changes == {
        "aws_appmesh_route.llm": ["forget"],
        "aws_ecs_service.front": ["update"],
        "aws_ecs_task_definition.front": ["delete", "create"],
        "aws_lb.b": ["delete", "create"],
        "aws_lb_target_group.a": ["create", "delete"],
        "aws_vpc.new": ["create"],
        "aws_vpc.old": ["delete"],
    }
    assert plan.moved == {
        "aws_ecs_service.web": "aws_ecs_service.front",
        "aws_ecs_task_definition.web": "aws_ecs_task_definition.front",
        "aws_iam_role.web": "aws_iam_role.front",
    }


def test_nothing_changes() -> None:
    assert planned("No changes. Your infrastructure matches the configuration.").changes == {}


@pytest.mark.parametrize("counted", ["Plan: 5 to add, 1 to change, 4 to destroy.", ""])
def test_other_counts_than_terraforms_are_an_error(counted: str) -> None:
    with pytest.raises(AssertionError):
        planned(SAID + counted)
