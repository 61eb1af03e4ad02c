"""PyTorch as a contestant: JSON lines on stdin and stdout (bench/rivals/server.mjs), one thread or as many as the argument says, eager and torch.compile.

load: reads the case's arrays from a file. result: value and gradients, the latter to a file. turn: the median time of a call.
Inputs lie in PyTorch's memory before the clock starts; every call returns the value as a Python number.
"""

import json
import platform
import statistics
import sys
import time

import numpy
import torch
import torch._dynamo
import torch.nn.functional as F

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
torch.set_num_threads(THREADS)

BATCH = 1e-4  # seconds; a call is repeated until it takes this long


def ratio(anchor, positive, negative):
    """tripletRatioLoss, which PyTorch has not: 2 sigma(d(a, p) - d(a, n))^2 with PyTorch's distances."""
    u = F.pairwise_distance(anchor, positive) - F.pairwise_distance(anchor, negative)
    return (2 * torch.sigmoid(u).square()).mean()


def distillation(student, teacher):
    """distillationLoss with beta 1/2: the Jensen-Shannon divergence, as TRL's GKDTrainer has it."""
    s, t = F.log_softmax(student, -1), F.log_softmax(teacher, -1)
    mixture = torch.logsumexp(torch.stack([s, t]), 0) - 0.6931471805599453
    return 0.5 * (F.kl_div(mixture, t, reduction="sum", log_target=True) + F.kl_div(mixture, s, reduction="sum", log_target=True)) / len(s)


def info_nce(query, key):
    """infoNceLoss with its defaults."""
    return F.cross_entropy(F.normalize(query) @ F.normalize(key).T / 0.07, torch.arange(len(query)))


def scores(logits, tokens):
    """What scoreTokens gives: log-probability, rank, entropy, log-sum-exp, largest with its place, the five most probable."""
    x = logits.float()
    logprobs = F.log_softmax(x, -1)
    own = logprobs.gather(-1, tokens[:, None])
    rank = (x >= x.gather(-1, tokens[:, None])).sum(-1)
    entropy = -(logprobs.exp() * logprobs).sum(-1)
    top = torch.topk(logprobs, 5, -1)
    largest, place = x.max(-1)
    del rank, entropy, top, largest, place
    return -own.mean()


# The losses of the inputs in the order of the case, then of the indices.
LOSSES = {
    "mseLoss": F.mse_loss,
    "l1Loss": F.l1_loss,
    "smoothL1Loss": F.smooth_l1_loss,
    "huberLoss": F.huber_loss,
    "bceLoss": F.binary_cross_entropy,
    "bceWithLogitsLoss": F.binary_cross_entropy_with_logits,
    "klDivLoss": lambda x, t: F.kl_div(x, t, reduction="sum") / x.numel(),  # "mean" warns at every call
    "marginRankingLoss": F.margin_ranking_loss,
    "crossEntropyLoss": F.cross_entropy,
    "nllLoss": F.nll_loss,
    "tripletMarginLoss": F.triplet_margin_loss,
    "tripletRatioLoss": ratio,
    "cosineEmbeddingLoss": F.cosine_embedding_loss,
    "hingeEmbeddingLoss": F.hinge_embedding_loss,
    "softMarginLoss": F.soft_margin_loss,
    "multiMarginLoss": F.multi_margin_loss,
    "multiLabelMarginLoss": F.multilabel_margin_loss,
    "multiLabelSoftMarginLoss": F.multilabel_soft_margin_loss,
    "poissonNllLoss": F.poisson_nll_loss,
    "gaussianNllLoss": F.gaussian_nll_loss,
    "ctcLoss": F.ctc_loss,
    "distillationLoss": distillation,
    "infoNceLoss": info_nce,
    "scoreTokens": scores,
    "scoreTokens float16": scores,
    "cosine distance": F.cosine_embedding_loss,
    "euclidean distance": lambda a, b: F.pairwise_distance(a, b, eps=0.0).mean(),
}
# Which inputs get a gradient: the first ones, as many as the case has gradients, but for these.
WRT = {"gaussianNllLoss": [0, 2]}


class Case:
    def __init__(self, request):
        self.loss = LOSSES.get(request["loss"])
        if self.loss is None:
            raise ValueError("torch_server.py has no such loss")
        name = request["loss"]
        rows, width, listed, times = (request[key] for key in ("rows", "width", "listed", "times"))
        self.inputs = []
        with open(request["file"], "rb") as file:
            for i in range(3):
                length = request.get(f"in{i}", 0)
                if length:
                    data = numpy.fromfile(file, dtype="<f4", count=length)
                    self.inputs.append(torch.from_numpy(data))
            indices = numpy.fromfile(file, dtype="<i4", count=request["indices"])
        if times:
            self.inputs = [x.reshape(times, rows, width) for x in self.inputs]
        elif width:
            self.inputs = [x.reshape(rows, width) if x.numel() == rows * width else x for x in self.inputs]
        if name.endswith("float16"):
            self.inputs = [x.half() for x in self.inputs]
        index = torch.from_numpy(indices.astype("int64"))
        self.rest = []
        if times:
            lengths = torch.full((rows,), times, dtype=torch.long), torch.full((rows,), listed, dtype=torch.long)
            self.rest = [index.reshape(rows, listed), *lengths]
        elif len(indices):
            self.rest = [index if listed == 1 else index.reshape(rows, listed)]
        outs = sum(1 for i in range(3) if request.get(f"out{i}", 0))
        self.wrt = [self.inputs[i] for i in (WRT.get(name, range(outs)) if outs else [])]
        # compiled code is for one shape and one loss: without this, the eighth shape silently runs eagerly
        torch._dynamo.reset()
        self.modes = {"eager": self.loss, "compile": torch.compile(self.loss, dynamic=False)}

    def value(self, mode):
        for x in self.wrt:
            x.requires_grad_(False)
        with torch.no_grad():
            return self.modes[mode](*self.inputs, *self.rest).item()

    def gradient(self, mode):
        for x in self.wrt:
            x.requires_grad_(True)
        loss = self.modes[mode](*self.inputs, *self.rest)
        grads = torch.autograd.grad(loss, self.wrt)
        return loss.item(), grads

    def call(self, request):
        mode = request["mode"]
        return (lambda: self.gradient(mode)) if request["grad"] else (lambda: self.value(mode))


def turn(call, seconds):
    """Microseconds per call, the median of batches of at least 0.1 ms each; CPU time per wall time meanwhile."""
    call()
    begin = time.perf_counter()
    call()
    once = time.perf_counter() - begin
    repeats = max(1, int(BATCH / once) + 1) if once < BATCH else 1
    taken = []
    start, used = time.perf_counter(), time.process_time()
    stop = start + seconds
    while True:
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        now = time.perf_counter()
        taken.append((now - begin) / repeats)
        if now >= stop:
            share = (time.process_time() - used) / (time.perf_counter() - start)
            return {"median": 1e6 * statistics.median(taken), "share": share}


def answer(request, state):
    if request["do"] == "info":
        capability = torch.backends.cpu.get_cpu_capability()
        return {"info": f"PyTorch {torch.__version__}, {capability}, Python {platform.python_version()}, {'one thread' if THREADS == 1 else f'{THREADS} threads'}"}
    if request["do"] == "load":
        state["case"] = None  # the memory of the last one first
        state["case"] = Case(request)
        return {"ok": True}
    case = state["case"]
    if request["do"] == "turn":
        return turn(case.call(request), request["ms"] / 1000)
    if not request["grad"]:
        return {"value": case.value(request["mode"])}
    value, grads = case.gradient(request["mode"])
    with open(request["file"], "wb") as file:
        for grad in grads:
            file.write(grad.detach().contiguous().numpy().tobytes())
    return {"value": value}


def main():
    # the answers alone go to stdout, whatever a library prints
    answers, sys.stdout = sys.stdout, sys.stderr
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Exception as error:  # a loss that fails is one empty cell
            reply = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        print(json.dumps(reply), file=answers, flush=True)


main()
