"""Known answers of other implementations, in known.json.

    python3 -m venv v && v/bin/pip install numpy==2.4.6 scipy==1.17.1
    v/bin/python analysis/stat/testdata/make.py > analysis/stat/testdata/known.json

Nothing here is from this repository: quantiles, tests and intervals are those of numpy and scipy, and what
these lack is the definition written down with their distributions.
"""
import json

import numpy as np
import scipy.stats as st
from scipy.stats import multivariate_normal

rng = np.random.default_rng(20)
out = {}


def rows(name, make):
    out[name] = [make(i) for i in range(12)]


def floats(x):
    return [float(v) for v in x]


def quantile(i):
    n = int(rng.integers(80, 400))
    p = [0.5, 0.9, 0.95][i % 3]
    x = rng.lognormal(0, 0.5, n)
    # The interval inverts the exact binomial test of a quantile.
    ci = st.quantile_test(x, q=float(np.quantile(x, p)), p=p).confidence_interval(0.95)
    return dict(values=floats(x), p=p, value=float(np.quantile(x, p, method="inverted_cdf")), low=float(ci.low), high=float(ci.high))


def share(i):
    n = int(rng.integers(20, 400))
    m = int(rng.binomial(n, rng.uniform(0, 1)))
    r = st.binomtest(m, n)
    exact, wilson = r.proportion_ci(0.95, "exact"), r.proportion_ci(0.95, "wilson")
    return dict(m=m, n=n, exact=floats(exact), wilson=floats(wilson))


def paired(i):
    n = int(rng.integers(3, 30))
    a, b = rng.lognormal(0, 0.2, n), rng.lognormal(0.05, 0.2, n)
    t = st.ttest_rel(np.log(b), np.log(a))
    ci = t.confidence_interval(0.95)
    return dict(first=floats(a), second=floats(b), ratio=float(np.exp(np.mean(np.log(b) - np.log(a)))), low=float(np.exp(ci.low)), high=float(np.exp(ci.high)), p=float(t.pvalue))


def welch(i):
    a, b = rng.lognormal(0, 0.2, int(rng.integers(3, 30))), rng.lognormal(0.05, 0.4, int(rng.integers(3, 30)))
    t = st.ttest_ind(np.log(b), np.log(a), equal_var=False)
    ci = t.confidence_interval(0.95)
    return dict(first=floats(a), second=floats(b), ratio=float(np.exp(np.mean(np.log(b)) - np.mean(np.log(a)))), low=float(np.exp(ci.low)), high=float(np.exp(ci.high)), p=float(t.pvalue))


def adjusted(i):
    n = int(rng.integers(8, 30))
    x, y = rng.exponential(0.05, n), rng.exponential(0.05, n)
    a, b = np.exp(2 * x + rng.normal(0, 0.05, n)), np.exp(0.03 + 2 * y + rng.normal(0, 0.05, n))
    r = st.linregress(y - x, np.log(b) - np.log(a))
    half = st.t.ppf(0.975, n - 2) * r.intercept_stderr
    p = 2 * st.t.sf(abs(r.intercept) / r.intercept_stderr, n - 2)
    return dict(first=floats(a), second=floats(b), x=floats(x), y=floats(y), ratio=float(np.exp(r.intercept)), low=float(np.exp(r.intercept - half)), high=float(np.exp(r.intercept + half)), p=float(p))


def mcnemar(i):
    gained, lost = int(rng.integers(0, 30)), int(rng.integers(0, 30))
    return dict(gained=gained, lost=lost, p=float(st.binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0)


def fisher(i):
    n1, n2 = (int(v) for v in rng.integers(10, 200, 2))
    h1, h2 = int(rng.binomial(n1, 0.1)), int(rng.binomial(n2, 0.2))
    return dict(h1=h1, n1=n1, h2=h2, n2=n2, p=float(st.fisher_exact([[h1, n1 - h1], [h2, n2 - h2]]).pvalue))


def mean(i):
    x = rng.lognormal(0, 0.5, int(rng.integers(2, 60)))
    ci = st.t.interval(0.95, len(x) - 1, x.mean(), st.sem(x))
    return dict(values=floats(x), mean=float(x.mean()), low=float(ci[0]), high=float(ci[1]))


def ratio(i):
    """Three to ten runs: the ratio of totals, with the residuals of the runs, on the scale of logarithms."""
    k = int(rng.integers(3, 11))
    runs = [(rng.lognormal(0, 0.5, m), rng.uniform(0.5, 2, m)) for m in rng.integers(5, 20, k)]
    num, den = np.array([a.sum() for a, _ in runs]), np.array([b.sum() for _, b in runs])
    r = num.sum() / den.sum()
    se = np.std(num - r * den, ddof=1) * np.sqrt(k) / den.sum()
    half = st.t.ppf(0.975, k - 1) * se / r
    return dict(num=[floats(a) for a, _ in runs], den=[floats(b) for _, b in runs], value=float(r), low=float(r * np.exp(-half)), high=float(r * np.exp(half)))


def early(i):
    """MLPerf: the largest t for which P(Binomial(n, 1-p) <= t) <= 1 %, from t = 1, by trying each."""
    p = [0.9, 0.95, 0.99][i % 3]
    n = [40, 63, 64, 129, 130, 661, 662, 900, 2000, 5000, 10000, 20000][i]
    passes = [t for t in range(1, n) if st.binom.cdf(t, n, 1 - p) <= 0.01]
    floor = next(m for m in range(2, 10**5) if st.binom.cdf(1, m, 1 - p) <= 0.01)
    return dict(p=p, n=n, discard=max(passes) - 1 if passes else -1, more=0 if passes else floor - n)


def indicator(i):
    """The correlation of exceedances of two correlated normal variables."""
    p, r = [0.5, 0.9, 0.95, 0.99][i % 4], [0.1, 0.5, 0.8][i // 4]
    z = st.norm.ppf(p)
    both = multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([z, z])
    return dict(p=p, r=r, correlation=float((both - p * p) / (p * (1 - p))))


for name, make in [("quantile", quantile), ("share", share), ("paired", paired), ("welch", welch), ("adjusted", adjusted), ("mcnemar", mcnemar), ("fisher", fisher), ("mean", mean), ("ratio", ratio), ("early", early), ("indicator", indicator)]:
    rows(name, make)
out["holm"] = []
for n in (2, 5, 12):
    p = rng.uniform(0, 0.1, n)
    order = np.argsort(p)
    adjusted_p = np.empty(n)
    adjusted_p[order] = np.minimum(1, np.maximum.accumulate(p[order] * (n - np.arange(n))))
    out["holm"].append(dict(p=floats(p), adjusted=floats(adjusted_p)))
print(json.dumps(out))
