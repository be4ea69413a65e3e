# A thin face: every command is a script of its own under infra/.

.DEFAULT_GOAL := help
.PHONY: help setup up demo test fuzz check lint bench survey sbom

help: ## Show this list
	@awk -F ":.*## " '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what the commands below need into .local/ and node_modules
	@infra/setup

up: ## Run everything on this machine at http://localhost:4580/ (PORT=…) until Ctrl-C
	@infra/setup local
	@exec .local/venv/bin/python infra/local/stack.py up

demo: ## Do the main job, end to end, on this machine: issue, host, bake, validate, alter, revoke
	@infra/demo/start

test: ## Run every test, against a stack of its own
	@infra/test

fuzz: ## Let libFuzzer try documents, seals and certificates for ten minutes (SECONDS=…)
	@infra/fuzz $(or $(SECONDS),600)

check: ## Judge format, lints, documentation, dependencies, template and scripts
	@infra/check

lint: ## Format, and mend what clippy can mend by itself
	cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
	cargo fmt --all

bench: ## Measure our operations beside other implementations', and what a function and a badge cost
	@infra/bench

survey: ## Have five hundred people fill in a form within five minutes, and look for everybody's badge
	@infra/survey

sbom: ## Write the bill of materials of what is deployed to target/sbom.json (CycloneDX)
	@mkdir -p target && infra/sbom >target/sbom.json && echo target/sbom.json
