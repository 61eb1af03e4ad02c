"""What PyTorch has no function for: each loss from its definition in semantics.md, "Beyond PyTorch", written for autograd in float64.

Every function takes tensors in the order of losskit's arguments, options by PyTorch's manner of naming, and `denominator`, which replaces what mean divides by.
"""

import functools
import math

import torch
import torch.nn.functional as F


def reduced(each, reduction="mean", denominator=None, count=None):
    """The losses by a reduction; `count` is what their mean divides by, where that is not their number."""
    if reduction == "none":
        return each
    if reduction == "sum":
        return each.sum()
    return each.sum() / (denominator if denominator is not None else each.numel() if count is None else count)


def loss(each):
    """A function of samples' losses as one with a reduction; where it returns two things, the second is what mean divides by."""

    @functools.wraps(each)
    def whole(*args, reduction="mean", denominator=None, **options):
        losses = each(*args, **options)
        losses, count = losses if isinstance(losses, tuple) else (losses, None)
        return reduced(losses, reduction, denominator, count)

    return whole


def any_denominator(function):
    """PyTorch's own losses know no denominator: their sum is divided by it."""

    @functools.wraps(function)
    def whole(*args, denominator=None, **options):
        if denominator is None:
            return function(*args, **options)
        return function(*args, **{**options, "reduction": "sum"}) / denominator

    return whole


# --- positions -------------------------------------------------------------------------------------------------------------------------------------


@loss
def sigmoid_focal(x, t, alpha=0.25, gamma=2):
    # (1 - p_t)^gamma by logarithms: 1 - p_t itself has no digits left where p_t is near 1. Exact for targets 0 and 1; else from the definition.
    crisp = ((t == 0) | (t == 1)).all()
    p = torch.sigmoid(x)
    rest = torch.where(t == 1, torch.sigmoid(-x), p) if crisp else p * (1 - t) + torch.sigmoid(-x) * t
    share = 1 if alpha == -1 else alpha * t + (1 - alpha) * (1 - t)
    factor = rest**gamma if gamma != 0 else 1
    return share * factor * F.binary_cross_entropy_with_logits(x, t, reduction="none")


@loss
def pinball(x, t, quantile=0.5):
    d = t - x
    return torch.maximum(quantile * d, (quantile - 1) * d)


class LogCosh(torch.autograd.Function):
    """|d| + log1p(e^(-2|d|)) - log 2, and tanh d; by its series where |d| is small."""

    @staticmethod
    def forward(context, d):
        context.save_for_backward(d)
        z = d.abs()
        series = z**2 / 2 - z**4 / 12 + z**6 / 45 - 17 * z**8 / 2520
        return torch.where(z < 0.02, series, z + torch.log1p(torch.exp(-2 * z)) - math.log(2))

    @staticmethod
    def backward(context, upstream):
        return upstream * torch.tanh(context.saved_tensors[0])


@loss
def log_cosh(x, t):
    return LogCosh.apply(x - t)


@loss
def dpo(pc, pr, rc, rr, beta=0.1, label_smoothing=0):
    u = beta * ((pc - pr) - (rc - rr))
    return -(1 - label_smoothing) * F.logsigmoid(u) - label_smoothing * F.logsigmoid(-u)


# --- classes ---------------------------------------------------------------------------------------------------------------------------------------


def cross_entropy(x, t, weight=None, ignore_index=-100, label_smoothing=0, dim=1, softcap=None, z_loss=0, reduction="mean", denominator=None):
    """F.cross_entropy along an axis, of capped logits, with z lse^2 for each sample that counts."""
    if x.dim() > 1:
        soft = t.shape == x.shape and t.is_floating_point()
        t = t.movedim(dim, 1) if soft else t
        x = x.movedim(dim, 1)
    if not t.is_floating_point():
        # losskit does not look at rows that are ignored: PyTorch's gradient of one that holds NaN is NaN
        x = torch.where((t == ignore_index).unsqueeze(1 if x.dim() > 1 else 0), 0, x)
    if softcap is not None:
        x = torch.where(x == -math.inf, x, softcap * torch.tanh(x / softcap))
    options = {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    if reduction == "mean" and denominator is not None:
        value = F.cross_entropy(x, t, reduction="sum", **options) / denominator
    else:
        value = F.cross_entropy(x, t, reduction=reduction, **options)
    if z_loss == 0:
        return value
    squares = z_loss * torch.logsumexp(x, 1 if x.dim() > 1 else 0) ** 2
    counts = torch.ones_like(squares) if t.is_floating_point() else (t != ignore_index).to(squares)
    squares = torch.where(counts == 0, 0, squares)
    return value + reduced(squares, reduction, denominator, counts.sum())


def ctc(log_probs, targets, input_lengths, target_lengths, reduction="mean", denominator=None, **options):
    """F.ctc_loss, whose mean is of losses each divided by its target's length."""
    each = F.ctc_loss(log_probs, targets, input_lengths, target_lengths, reduction=reduction, **options)
    return each if denominator is None else each * target_lengths.numel() / denominator


def nll(x, t, weight=None, ignore_index=-100, dim=1, reduction="mean", denominator=None):
    moved = x.movedim(dim, 1).contiguous() if x.dim() > 1 else x
    function = any_denominator(F.nll_loss)
    return function(moved, t, weight=weight, ignore_index=ignore_index, reduction=reduction, denominator=denominator)


@loss
def distillation(student, teacher, beta=0.5, temperature=1):
    s, q = [F.log_softmax(x / temperature, -1) for x in (student, teacher)]

    def divergence(p, r):
        # a term whose probability is 0 is 0, and so is its gradient
        there = p.exp() != 0
        return torch.where(there, p.exp() * (torch.where(there, p, 0) - torch.where(there, r, 0)), 0).sum(-1)

    if beta == 0:
        return divergence(q, s)
    if beta == 1:
        return divergence(s, q)
    # where both are masked the mixture has no gradient, not NaN
    both = torch.isneginf(s) & torch.isneginf(q)
    m = torch.logsumexp(torch.stack([torch.where(both, 0, s) + math.log1p(-beta), torch.where(both, 0, q) + math.log(beta)]), 0)
    return beta * divergence(q, m) + (1 - beta) * divergence(s, m)


# --- groups and boxes --------------------------------------------------------------------------------------------------------------------------------


@loss
def tversky(x, t, alpha=0.5, beta=0.5, smooth=1, from_logits=False):
    p, t = [y.reshape(*y.shape[:2], -1) for y in (torch.sigmoid(x) if from_logits else x, t)]
    hits, extra, missed = (p * t).sum(-1), (p * (1 - t)).sum(-1), ((1 - p) * t).sum(-1)
    return 1 - (hits + smooth) / (hits + alpha * extra + beta * missed + smooth)


def dice(x, t, **options):
    return tversky(x, t, alpha=0.5, beta=0.5, **options)


def overlap(a, b, eps):
    """Intersection over union, the union, and the two corners of the enclosing box."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.unbind(-1), b.unbind(-1)
    left, top, right, bottom = torch.maximum(ax1, bx1), torch.maximum(ay1, by1), torch.minimum(ax2, bx2), torch.minimum(ay2, by2)
    common = torch.where((bottom > top) & (right > left), (right - left) * (bottom - top), 0)
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common
    return common / (union + eps), union, (torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)), (torch.maximum(ay2, by2) - torch.minimum(ay1, by1))


@loss
def generalized_box_iou(a, b, eps=1e-7):
    iou, union, width, height = overlap(a, b, eps)
    area = width * height
    return 1 - iou + (area - union) / (area + eps)


def distance_terms(a, b, eps):
    iou, _, width, height = overlap(a, b, eps)
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.unbind(-1), b.unbind(-1)
    apart = ((ax1 + ax2) / 2 - (bx1 + bx2) / 2) ** 2 + ((ay1 + ay2) / 2 - (by1 + by2) / 2) ** 2
    return iou, 1 - iou + apart / (width**2 + height**2 + eps)


@loss
def distance_box_iou(a, b, eps=1e-7):
    return distance_terms(a, b, eps)[1]


@loss
def complete_box_iou(a, b, eps=1e-7):
    iou, value = distance_terms(a, b, eps)
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.unbind(-1), b.unbind(-1)
    v = 4 / math.pi**2 * (torch.atan((bx2 - bx1) / (by2 - by1)) - torch.atan((ax2 - ax1) / (ay2 - ay1))) ** 2
    with torch.no_grad():
        alpha = v / (1 - iou + v + eps)
    return value + alpha * v


# --- pairs, and batches against themselves -----------------------------------------------------------------------------------------------------------


def norm(x):
    """The length along the last axis; of a zero vector the gradient is 0."""
    square = x.square().sum(-1)
    return torch.where(square == 0, 0, torch.where(square == 0, 1, square).sqrt())


@loss
def contrastive(a, b, target, margin=1, eps=1e-6):
    d = norm(a - b + eps)
    return torch.where(target == 1, d**2, torch.where(target == -1, torch.clamp_min(margin - d, 0) ** 2, 0))


def unit(x, normalize=True):
    return x / torch.clamp_min(norm(x), 1e-12).unsqueeze(-1) if normalize else x


@loss
def info_nce(query, key, temperature=0.07, normalize=True, symmetric=False, groups=None):
    s = unit(query, normalize) @ unit(key, normalize).T / temperature
    if groups is not None:
        same = groups.unsqueeze(0) == groups.unsqueeze(1)
        same.fill_diagonal_(False)
        s = s.masked_fill(same[: len(s)], -math.inf)
    own = s.diagonal()
    if not symmetric:
        return torch.logsumexp(s, 1) - own
    return (torch.logsumexp(s, 1) + torch.logsumexp(s, 0)) / 2 - own


@loss
def clip(image, text, scale):
    s = scale * (image @ text.T)
    return (torch.logsumexp(s, 1) + torch.logsumexp(s, 0)) / 2 - s.diagonal()


@loss
def sig_lip(image, text, scale, bias):
    s = scale * (image @ text.T) + bias
    return -F.logsigmoid(s * (2 * torch.eye(len(s), dtype=s.dtype) - 1)).sum(1)


def relations(embeddings, labels):
    """Pairs of the same label without those with oneself, and pairs of different ones."""
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    return same & ~torch.eye(len(labels), dtype=torch.bool), ~same


@loss
def nt_xent(embeddings, labels, temperature=0.07, normalize=True):
    z = unit(embeddings, normalize)
    s = z @ z.T / temperature
    positive, negative = relations(embeddings, labels)
    others = torch.logsumexp(s.masked_fill(~negative, -math.inf), 1, keepdim=True)
    return (torch.logaddexp(s, others) - s)[positive]


@loss
def sup_con(embeddings, labels, temperature=0.1, normalize=True):
    z = unit(embeddings, normalize)
    s = z @ z.T / temperature
    positive, _ = relations(embeddings, labels)
    lse = torch.logsumexp(s.masked_fill(torch.eye(len(s), dtype=torch.bool), -math.inf), 1, keepdim=True)
    counts = positive.sum(1)
    each = torch.where(positive, lse - s, 0).sum(1) / counts.clamp_min(1)
    return each, (counts > 0).sum()


@loss
def batch_hard_triplet(embeddings, labels, margin=1, soft=False):
    d = norm(embeddings.unsqueeze(1) - embeddings.unsqueeze(0))
    positive, negative = relations(embeddings, labels)
    there = positive.any(1) & negative.any(1)
    # the first index on a tie, as argmax and argmin have it
    far = d.gather(1, d.detach().masked_fill(~positive, -math.inf).argmax(1, keepdim=True)).squeeze(1)
    near = d.gather(1, d.detach().masked_fill(~negative, math.inf).argmin(1, keepdim=True)).squeeze(1)
    each = F.softplus(far - near, threshold=1000) if soft else torch.clamp_min(far - near + margin, 0)
    return torch.where(there, each, 0), there.sum()
