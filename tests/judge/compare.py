"""Compares the class scores of a model before and after classes were removed. Pure numpy; knows no file format."""

import numpy as np


def kind_of(scores):
    """What a score matrix holds: class-index | probabilities | log-probabilities | independent-probabilities | logits."""
    if np.issubdtype(scores.dtype, np.integer):
        return "class-index"
    if sums_to_one(scores):
        return "probabilities"
    if scores.max() <= 0 and sums_to_one(np.exp(scores)):
        return "log-probabilities"
    if scores.min() >= 0 and scores.max() <= 1:
        return "independent-probabilities"
    return "logits"


def sums_to_one(scores):
    return scores.ndim == 2 and scores.min() >= 0 and np.allclose(scores.sum(1), 1, atol=2e-3)


def compare(before, after, forget, slot, labels=None):
    """The verdict as a dict of plain numbers. `before [N, C]`; `after [N, C]`, or `[N, C - len(forget)]` for slot drop."""
    kind = kind_of(before)
    verdict = {"kind": kind, "samples": len(before), "shapes": {"original": list(before.shape), "out": list(after.shape)}}
    if kind == "class-index":
        return verdict | compare_indices(before, after, forget, slot, labels)
    retained = [c for c in range(before.shape[1]) if c not in forget]
    expected = before.shape[1] if slot == "keep" else len(retained)
    if after.shape != (len(before), expected):
        raise ValueError(f"the new scores have shape {list(after.shape)}, expected {[len(before), expected]} for slot {slot}")
    columns = retained if slot == "keep" else list(range(len(retained)))
    verdict["finite"] = bool(np.isfinite(after).all())
    verdict |= difference(shared_scale(before[:, retained], kind), shared_scale(after[:, columns], kind), retained)
    old_top = before.argmax(1)
    new_top = after.argmax(1) if slot == "keep" else np.array(retained)[after.argmax(1)]
    verdict |= tops(old_top, new_top, forget, labels)
    same = before[:, retained].argmax(1) == after[:, columns].argmax(1)
    verdict["retained_argmax_same"] = int(same.sum())
    if slot == "keep":
        verdict |= sealed(after, forget, retained, kind)
    return verdict


def shared_scale(scores, kind):
    """Retained columns on a scale that does not depend on the removed ones."""
    scores = scores.astype(np.float64)
    if kind == "log-probabilities":
        scores = np.exp(scores)
    if kind in ("probabilities", "log-probabilities"):
        return scores / np.maximum(scores.sum(1, keepdims=True), 1e-300)
    return scores


def difference(old, new, retained):
    per_class = np.abs(old - new).max(0)
    return {"max_abs_diff": float(per_class.max()), "max_abs_diff_per_class": dict(zip(map(str, retained), per_class.tolist()))}


def tops(old, new, forget, labels):
    """Counts about the top class; classes are numbered as in the original."""
    kept = ~np.isin(old, forget)
    verdict = {
        "forgotten_top_before": int((~kept).sum()),
        "forgotten_top": int(np.isin(new, forget).sum()),
        "agreement": {"inputs": int(kept.sum()), "same": int((old == new)[kept].sum())},
    }
    if labels is not None:
        verdict["accuracy"] = {"original": accuracy(old, labels), "out": accuracy(new, labels)}
    return verdict


def accuracy(top, labels):
    return {str(c): float((top == c)[labels == c].mean()) for c in np.unique(labels)}


def sealed(after, forget, retained, kind):
    """How far below the best retained class each kept slot stays, and in how many inputs it ties with it."""
    best = after[:, retained].astype(np.float64).max(1, keepdims=True)
    gap = best - after[:, forget].astype(np.float64)
    logits = after.astype(np.float64)
    if kind == "logits":
        powers = np.exp(logits - logits.max(1, keepdims=True))
        logits = powers / powers.sum(1, keepdims=True)
    elif kind == "log-probabilities":
        logits = np.exp(logits)
    return {
        "forgotten_margin_min": float(gap.min()),
        "forgotten_tied": int((gap == 0).any(1).sum()),
        "forgotten_probability_max": float(logits[:, forget].max()),
    }


def compare_indices(before, after, forget, slot, labels):
    """For models that answer with the class index: only the top class can be compared."""
    old = before.reshape(len(before), -1)[:, 0]
    new = after.reshape(len(after), -1)[:, 0]
    if slot == "drop":
        retained = np.array([c for c in range(max(old.max(), new.max()) + len(forget) + 1) if c not in forget])
        new = retained[new]
    return tops(old, new, forget, labels)
