# One command for each chore. Every target sets up what it lacks, and is safe to run twice
# and after an interruption. The work itself is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench chaos docs clean

BIN := .venv/bin
N ?= 20

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-6s %s\n", $$1, $$2}' Makefile

demo: ## Serve a demonstration (PORT=8000; ALMONER_HOME=.almoner keeps everything)
	@scripts/setup run
	@scripts/services pango || echo "demo: without it, statements come as CSV and XLSX but not as PDF"
	@exec $(BIN)/almoner demo $(if $(PORT),--port $(PORT))

test: ## Run every test, on SQLite and PostgreSQL, with a real browser (ARGS="-k order")
	@scripts/setup run dev
	@scripts/services chromium postgresql go pango xgettext
	@scripts/npm
	@exec $(BIN)/pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder $(ARGS)

lint: ## Check format, rules, types, rooms, templates, styles and scripts
	@scripts/setup run dev
	@scripts/lint

bench: ## Print each speed with its baseline, measured in the same run
	@scripts/setup run dev bench
	@scripts/services nginx wrk postgresql
	@exec $(BIN)/python -m bench $(ARGS)

chaos: ## Kill the server N=20 times under load and count what was lost (ARGS=--publisher, --life, --reads)
	@scripts/setup run dev
	@scripts/services postgresql
	@exec $(BIN)/python -m bench.chaos --kills $(N) $(ARGS)

docs: ## Build the documentation into site/
	@scripts/setup run dev
	@$(BIN)/python scripts/configuration
	@NO_MKDOCS_2_WARNING=1 exec $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in site/index.html"

clean: ## Delete what the other targets made, but nothing in ALMONER_HOME
	rm -rf .venv node_modules site .pytest_cache .ruff_cache .hypothesis .coverage
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
