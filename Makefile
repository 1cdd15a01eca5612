# The commands of this house. The first of them makes .venv; nothing but make and Python 3.11 has to be there before.
CITY = dalian
FIRMS = 60
SEED = 1
HEADLESS =

.PHONY: help venv demo test check bench faults lock clean

help:
	@echo "make demo    推演一个城市：CITY=$(CITY) FIRMS=$(FIRMS) SEED=$(SEED)；HEADLESS=1 表示结束后不留网页"
	@echo "make test    全部测试"
	@echo "make check   代码规范、类型、模块边界"
	@echo "make bench   性能对照"
	@echo "make faults  故障演练"
	@echo "make lock    重新锁定依赖版本（requirements.in → requirements.lock）"
	@echo "make clean   停止本机的部件，删除 .venv 和缓存；数据（.lookback）保留"

venv:
	@.ci/venv

demo: venv
	@.venv/bin/lookback demo --city "$(CITY)" --firms "$(FIRMS)" --seed "$(SEED)" $(if $(filter-out 0,$(HEADLESS)),--headless)

test: venv
	.venv/bin/pytest

check: venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --strict .
	.venv/bin/lint-imports --no-cache

bench: venv
	.venv/bin/python -m bench

faults: venv
	.venv/bin/pytest -m faults

lock: venv
	.venv/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock requirements.in

clean:
	@if [ -x .venv/bin/lookback ]; then .venv/bin/lookback down; fi
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
