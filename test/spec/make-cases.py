#!/usr/bin/env python3
"""The recipe of the golden cases: what PyTorch answers, in float64 and by autograd, for float32 inputs.

    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python test/spec/make-cases.py --check                 every case of test/data/cases*.json that is of one call, computed again and compared
    venv/bin/python test/spec/make-cases.py --check --only 'ctc|nll'
    venv/bin/python test/spec/make-cases.py new.json > cases.json   cases from a list of calls

A call is { "loss", "args": [{ "name", "dtype", "shape", "data" }], "options": { ... } } as in the cases themselves, with "id" and "wrt" (names of
arguments) if the defaults of the table below are not what is wanted. README.md beside this file says what a case holds, and when a result agrees.
"""

import argparse
import collections
import json
import math
import pathlib
import re
import sys
import warnings

import torch
import torch.nn.functional as F

import definitions as beyond

CASES = [pathlib.Path(__file__).parent.parent / "data" / file for file in ("cases.json", "cases2.json", "cases2b.json")]
# a case agrees where |got - want| <= RELATIVE |want| + ABSOLUTE S + 1e-15, S the largest finite |want|
RELATIVE, ABSOLUTE = 1e-12, 1e-13
# of a float32 sum, the rounding of one term: slightly more than 2^-23
ROUNDING = 1.2e-7


# --- what PyTorch computes -----------------------------------------------------------------------------------------------------------------------


@beyond.loss
def triplet_ratio(anchor, positive, negative, swap=False, eps=1e-6):
    """Balntas et al. 2016, with the distances of triplet_margin_loss: semantics.md, "Triplet ratio loss"."""

    def distance(a, b):
        return F.pairwise_distance(a, b, 2, eps)

    far = distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    return 2 * torch.sigmoid(distance(anchor, positive) - far).square()


# One row a function: what computes it (arguments in order, options by PyTorch's names), and the arguments that get a gradient.
# Operations have none. A new loss is a new row; what PyTorch lacks is in definitions.py, from semantics.md.
FUNCTIONS = {
    "mseLoss": (F.mse_loss, ["input", "target"]),
    "l1Loss": (F.l1_loss, ["input", "target"]),
    "smoothL1Loss": (F.smooth_l1_loss, ["input", "target"]),
    "huberLoss": (F.huber_loss, ["input", "target"]),
    "nllLoss": (beyond.nll, ["input"]),
    "crossEntropyLoss": (beyond.cross_entropy, ["input"]),
    "bceLoss": (F.binary_cross_entropy, ["input"]),
    "bceWithLogitsLoss": (F.binary_cross_entropy_with_logits, ["input", "target"]),
    "klDivLoss": (F.kl_div, ["input", "target"]),
    "marginRankingLoss": (F.margin_ranking_loss, ["input1", "input2"]),
    "tripletMarginLoss": (F.triplet_margin_loss, ["anchor", "positive", "negative"]),
    "tripletRatioLoss": (triplet_ratio, ["anchor", "positive", "negative"]),
    "cosineEmbeddingLoss": (F.cosine_embedding_loss, ["input1", "input2"]),
    "hingeEmbeddingLoss": (F.hinge_embedding_loss, ["input"]),
    "softMarginLoss": (F.soft_margin_loss, ["input"]),
    "multiMarginLoss": (F.multi_margin_loss, ["input"]),
    "multiLabelMarginLoss": (F.multilabel_margin_loss, ["input"]),
    "multiLabelSoftMarginLoss": (F.multilabel_soft_margin_loss, ["input"]),
    "poissonNllLoss": (F.poisson_nll_loss, ["input"]),
    "gaussianNllLoss": (F.gaussian_nll_loss, ["input", "var"]),
    "ctcLoss": (beyond.ctc, ["logProbs"]),
    "contrastiveLoss": (beyond.contrastive, ["input1", "input2"]),
    "sigmoidFocalLoss": (beyond.sigmoid_focal, ["input"]),
    "pinballLoss": (beyond.pinball, ["input"]),
    "logCoshLoss": (beyond.log_cosh, ["input"]),
    "diceLoss": (beyond.dice, ["input"]),
    "tverskyLoss": (beyond.tversky, ["input"]),
    "generalizedBoxIouLoss": (beyond.generalized_box_iou, ["input"]),
    "distanceBoxIouLoss": (beyond.distance_box_iou, ["input"]),
    "completeBoxIouLoss": (beyond.complete_box_iou, ["input"]),
    "distillationLoss": (beyond.distillation, ["student"]),
    "dpoLoss": (beyond.dpo, ["policyChosen", "policyRejected"]),
    "infoNceLoss": (beyond.info_nce, ["query", "key"]),
    "clipLoss": (beyond.clip, ["image", "text", "logitScale"]),
    "sigLipLoss": (beyond.sig_lip, ["image", "text", "logitScale", "logitBias"]),
    "ntXentLoss": (beyond.nt_xent, ["embeddings"]),
    "supConLoss": (beyond.sup_con, ["embeddings"]),
    "batchHardTripletLoss": (beyond.batch_hard_triplet, ["embeddings"]),
    "softmax": (F.softmax, []),
    "logSoftmax": (F.log_softmax, []),
    "logSumExp": (torch.logsumexp, []),
    "pairwiseDistance": (F.pairwise_distance, []),
    "cosineSimilarity": (F.cosine_similarity, []),
    "cdist": (torch.cdist, []),
    "softshrink": (F.softshrink, []),
}
# losskit's option -> PyTorch's, where that is not the same in snake case
OPTIONS = {"lambda": "lambd"}


# --- a case as JSON, and as tensors ----------------------------------------------------------------------------------------------------------------


def number(x):
    return float(x) if isinstance(x, str) else x  # "nan", "inf", "-inf"


def plain(x):
    x = float(x)
    return x if math.isfinite(x) else str(x)


HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def tensor(given, floats):
    """Integers stay int64; floats are float32 numbers in either type, half precision given by its bits widened to them."""
    dtype = given.get("dtype", "float32")
    if dtype.startswith("int"):
        return torch.tensor(given["data"], dtype=torch.int64).reshape(given["shape"])
    if dtype in HALVES:
        return torch.tensor(given["data"], dtype=torch.uint16).view(HALVES[dtype]).to(floats).reshape(given["shape"])
    data = given["data"] if isinstance(given["data"], list) else [given["data"]]
    exact = torch.float64 if dtype in ("number", "float64") else torch.float32
    return torch.tensor([number(x) for x in data], dtype=exact).to(floats).reshape(given.get("shape", []))


def listed(x):
    return {"dtype": "float64", "shape": list(x.shape), "data": [plain(one) for one in x.detach().double().flatten().tolist()]}


def option(value, floats):
    return tensor(value, floats) if isinstance(value, dict) else number(value) if value in ("inf", "-inf", "nan") else value


def snake(name):
    return OPTIONS.get(name) or re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), name)


def run(case, floats, wrt, **more):
    """The value, and the gradients of its sum."""
    function, _ = FUNCTIONS[case["loss"]]
    if "denominator" in case["options"] and function.__module__ != beyond.__name__:
        function = beyond.any_denominator(function)
    args = {arg["name"]: tensor(arg, floats) for arg in case["args"]}
    for name in wrt:
        args[name].requires_grad_()
    options = {snake(name): option(value, floats) for name, value in {**case["options"], **more}.items()}
    value = function(*args.values(), **options)
    grads = torch.autograd.grad(value.sum(), [args[name] for name in wrt]) if wrt else []
    return value.detach(), dict(zip(wrt, grads))


# --- expectations ------------------------------------------------------------------------------------------------------------------------------------


def largest_error(got, want):
    """Largest |got - want| where both are finite; infinite where only `want` is."""
    got, want = got.double(), want.double()
    finite = torch.isfinite(want)
    if not torch.isfinite(got[finite]).all():
        return math.inf
    return (got - want)[finite].abs().max().item() if finite.any() else 0.0


def rounding(case, value):
    """What a float32 sum may be off by, whatever the order of its terms: a sum that cancels has errors of its terms, not of its value."""
    if case["options"].get("reduction") == "none" or not FUNCTIONS[case["loss"]][1] or not torch.isfinite(value):
        return 0.0
    case = {**case, "options": {name: value for name, value in case["options"].items() if name != "denominator"}}
    each, _ = run(case, torch.float64, [], reduction="none")
    whole = run(case, torch.float64, [], reduction="sum")[0].abs().item()
    if not torch.isfinite(each).all() or whole == 0:
        return 0.0
    return ROUNDING * each.abs().sum().item() * (value.abs().item() / whole)


def expectation(case):
    """{ expect, torch32 } of a call."""
    wrt = case["wrt"] if "wrt" in case else FUNCTIONS[case["loss"]][1]
    try:
        value, grads = run(case, torch.float64, wrt)
    except (RuntimeError, IndexError, ValueError) as error:
        return {"expect": {"throws": str(error).splitlines()[0]}}
    value32, grads32 = run(case, torch.float32, wrt)
    return {
        "expect": {"value": listed(value), "grad": {name: listed(grad) for name, grad in grads.items()}},
        "torch32": {
            "value": plain(max(largest_error(value32, value), rounding(case, value))),
            "grad": {name: plain(largest_error(grads32[name], grads[name])) for name in wrt},
        },
    }


# --- the two commands ----------------------------------------------------------------------------------------------------------------------------------


def apart(got, want):
    """|got - want| as a share of what is allowed; infinite where one of them is no number and the other is."""
    if got["shape"] != want["shape"]:
        return math.inf
    got, want = [[float(number(x)) for x in one["data"]] for one in (got, want)]
    largest = max((abs(x) for x in want if math.isfinite(x)), default=0.0)
    worst = 0.0
    for a, b in zip(got, want):
        if math.isfinite(a) and math.isfinite(b):
            worst = max(worst, abs(a - b) / (RELATIVE * abs(b) + ABSOLUTE * largest + 1e-15))
        elif not (a == b or (math.isnan(a) and math.isnan(b))):
            return math.inf
    return worst


def recipes(file):
    """The cases of a file that are one call of a loss or operation: totals, scoreTokens and errors of losskit's own have no recipe here."""
    pytorchs = file == CASES[0]
    for case in json.loads(file.read_text()):
        if case["loss"] in FUNCTIONS and ("value" in case["expect"] or pytorchs):
            yield case


def near32(got, want):
    """Whether two float32 errors are of one kind: kernels for other vector widths round elsewhere, and losskit's tolerance is four of them."""
    got, want = float(number(got)), float(number(want))
    return got == want or (math.isfinite(got) and math.isfinite(want) and got <= 4 * want + 1e-15)


def check(cases):
    """Computes each case again; the number of those that disagree."""
    wrong, alike, worst = [], 0, 0.0
    thrown = sum("throws" in case["expect"] for case in cases)
    for case in cases:
        want = case["expect"]
        made = expectation({**case, "wrt": list(want.get("grad", {}))})
        got = made["expect"]
        if "throws" in want or "throws" in got:
            if want.get("throws", "?") not in got.get("throws", ""):
                wrong.append(f"{case['id']}: {got.get('throws', 'does not throw')}")
            continue
        pairs = [(got["value"], want["value"]), *((got["grad"][name], want["grad"][name]) for name in want.get("grad", {}))]
        share = max(apart(*pair) for pair in pairs)
        worst = max(worst, share) if share <= 1 else worst
        if not share <= 1:
            wrong.append(f"{case['id']}: {share:.3g} times what is allowed")
        there, here = case["torch32"], made["torch32"]
        alike += near32(here["value"], there["value"]) and all(near32(here["grad"][name], there["grad"][name]) for name in want.get("grad", {}))
    print(f"PyTorch {torch.__version__}: {len(cases) - len(wrong)} of {len(cases)} cases agree ({thrown} of them throw), "
          f"within {RELATIVE} of the value + {ABSOLUTE} of the largest; the worst at {worst:.2g} of that.")
    print(f"torch32: {alike} of {len(cases) - thrown} cases have float32 errors of at most four times those recorded.")
    for line in wrong:
        print(line)
    return len(wrong)


def make(calls):
    """Cases from calls; the same loss is numbered."""
    counts = collections.Counter()
    for call in calls:
        loss = call["loss"]
        case = {"id": call.get("id", f"{loss}/{counts[loss]}"), "loss": loss, "args": call["args"], "options": call.get("options", {})}
        counts[loss] += 1
        yield {**case, **expectation({**case, **({"wrt": call["wrt"]} if "wrt" in call else {})})}


def main():
    parser = argparse.ArgumentParser(description="The recipe of the golden cases.")
    parser.add_argument("calls", nargs="?", help="a JSON list of calls; their cases go to stdout")
    parser.add_argument("--check", action="store_true", help="compute the cases of test/data again")
    parser.add_argument("--only", default="", help="with --check: cases whose id matches this regular expression")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of operands of different size, and of klDiv's mean
    if given.check:
        sys.exit(check([case for file in CASES for case in recipes(file) if re.search(given.only, case["id"])]) > 0)
    if given.calls is None:
        parser.error("a list of calls, or --check")
    cases = [json.dumps(case) for case in make(json.loads(pathlib.Path(given.calls).read_text()))]
    print("[\n" + ",\n".join(cases) + "\n]")


if __name__ == "__main__":
    main()
